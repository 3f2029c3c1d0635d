"""What /proc/PID shows: maps, smaps, pagemap (`task_mmu.py`) and status (`array.py`).

As in Linux's fs/proc/.
"""
