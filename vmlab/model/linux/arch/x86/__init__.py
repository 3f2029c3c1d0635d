"""The x86-64 half of memory management: faults, the TLB, layouts, the vdso."""
