"""Mutation: the model is changed in one place at a time, and the tests are to notice.

`python -m tests.mutation mm/mremap.py kernel` changes an operator, a constant or a branch, replays
what real kernels answered and then runs the unit tests that come to that line, until something
differs. What nothing notices has survived: a test is missing, or the change is equivalent, which
`equivalent.json` says with the reason.
"""
