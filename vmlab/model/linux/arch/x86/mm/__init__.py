"""Page faults (`fault.py`), the TLB and address spaces of the CPU (`tlb.py`), the layout (`mmap.py`)."""
