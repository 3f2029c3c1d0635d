"""The kernel, in folders and files named as Linux's own tree.

A function stands where Linux has it (`mm/mmap.c: do_mmap()` in `mm/mmap.py`); its `Source:` line
says from which version it was taken.
"""
