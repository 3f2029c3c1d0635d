"""Page faults (`fault.py`), the TLB (`tlb.py`), the layout of an address space (`mmap.py`)."""
