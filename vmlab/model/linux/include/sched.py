"""States and flags of tasks.

Source: include/linux/sched.h [v5.4].
"""

from __future__ import annotations

TASK_RUNNING = "R"
TASK_UNINTERRUPTIBLE = "D"  # a parent that waits for its vfork child
EXIT_ZOMBIE = "Z"
EXIT_DEAD = "X"
PF_KTHREAD = 0x200000  # a kernel thread
VMACACHE_SIZE = 4  # VMAs that a task remembers, see mm/vmacache.py
TASK_COMM_LEN = 16  # bytes, with the zero at the end
