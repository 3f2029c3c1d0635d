"""The commands that `vmlab.cli` knows, each in a file of its name.

A command offers `add`, which says what can stand behind its name, and `run`, which returns the exit
status. What goes wrong it raises; `vmlab.cli` says it in one line.
"""
