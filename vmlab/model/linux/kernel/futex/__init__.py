"""Futexes: how threads sleep until others wake them."""
