"""Clocks, and sleeping until a time."""
