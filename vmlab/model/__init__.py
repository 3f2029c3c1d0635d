"""The machine and its processes, as user space sees them.

`machine.py` and `process.py` are what a user holds; below them stand the kernel (`linux/`), the
hardware (`mmu/`), what both sides of a call agree on (`abi/`) and what is reported (`trace/`).
"""
