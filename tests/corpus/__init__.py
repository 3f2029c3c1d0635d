"""Replay what a real Linux kernel answered, and compare everything it answered.

`python -m tests.corpus FOLDER` runs it; `data/README.md` describes the recordings.
"""
