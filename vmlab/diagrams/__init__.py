"""Pictures: pure functions from a snapshot to DOT text, each with the same in words.

`dot.py` and `palette.py` are shared by all of them; `layout/` makes SVG of DOT text.
"""
