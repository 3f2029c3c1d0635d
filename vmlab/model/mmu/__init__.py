"""The hardware: RAM, page-table entries, the walk, the TLB, the CPU.

It knows nothing of Linux: a fault goes through the vector that the kernel has set.
"""
