"""Talking to other exchanges: one interface, one implementation; nothing here knows our store, services or configuration."""
