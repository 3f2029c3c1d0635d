"""Structures and constants, without behaviour.

The structures refer to each other and stand in one file, `structs.py`; Linux's headers declare
them ahead, which Python cannot.
"""
