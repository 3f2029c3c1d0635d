"""The x86-64 half of memory management: faults, the TLB, the layout of an address space, the vdso."""
