"""Measures the promises of speed and memory, as ratios to a bare WSGI application in the same run (docs/performance.md)."""
