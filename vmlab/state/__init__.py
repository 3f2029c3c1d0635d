"""A whole machine as frozen values: taken, put back, checked, written to files and read again.

`snapshot.py` holds the values; `capture.py` and `restore.py` go there and back, `check.py` says
whether a machine can be made of them, `files.py` knows versions.
"""
