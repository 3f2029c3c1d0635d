"""Memory management: mappings, VMAs, faults, page tables, frames, the page cache.

As in Linux's mm/; `vma_merge`, `vma_munmap`, `vma_gap` and `validate` are cut finer than there.
"""
