"""Real programs, as a course on operating systems has them, and what a real kernel answers them.

`sources/` holds the programs, `python -m tests.programs.build` compiles them, `python -m
tests.programs.record` runs them; `data/README.md` describes what both leave in `data/`.
"""
