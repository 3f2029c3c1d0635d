"""The CPU's exceptions (`traps.py`) and where mmap places things on x86-64 (`sys_x86_64.py`)."""
