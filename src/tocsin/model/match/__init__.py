"""Indicators against a provider's own telemetry: values and simple patterns, looked up, never searched for (docs/match.md)."""
