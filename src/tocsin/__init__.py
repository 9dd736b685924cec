"""Tocsin: the exchange through which AI providers warn one another of threat actors who abuse language models."""

__version__ = "0.1.0"
