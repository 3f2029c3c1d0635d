"""Long use: whatever a person may do with a machine, in any order, by the million.

A life (`life.py`) is one machine and what is done with it: operations (`operations.py`,
`recorders.py`, `explorers.py`) that a seed chooses, with arguments (`arguments.py`) that fit the
state now and then. After each operation the machine is checked. `python -m tests soak` lives many
lives (`run.py`), prints what they covered (`tally.py`), and of each failure the shortest list of
operations that still fails.
"""
