"""States and flags of tasks, flags of address spaces.

Source: include/linux/sched.h [v5.4]; MMF_*: include/linux/mm_types.h [v6.18].
"""

from __future__ import annotations

TASK_RUNNING = "R"
TASK_UNINTERRUPTIBLE = "D"  # a parent that waits for its vfork child
TASK_STOPPED = "T"  # by a signal, until SIGCONT or SIGKILL comes
EXIT_ZOMBIE = "Z"
EXIT_DEAD = "X"
PF_KTHREAD = 0x200000  # a kernel thread
PF_RANDOMIZE = 0x400000  # its program was loaded at random addresses
MMF_DUMPABLE_MASK = 0x3  # SUID_DUMP_*: who may look at the memory
SUID_DUMP_DISABLE, SUID_DUMP_USER = 0, 1
MMF_DISABLE_THP_EXCEPT_ADVISED = 1 << 23  # no huge pages but those that MADV_HUGEPAGE asks for
MMF_DISABLE_THP_COMPLETELY = 1 << 24  # no huge pages
MMF_DISABLE_THP_MASK = MMF_DISABLE_THP_EXCEPT_ADVISED | MMF_DISABLE_THP_COMPLETELY
MMF_TOPDOWN = 1 << 31  # mmap looks for room from the top down
VMACACHE_SIZE = 4  # VMAs that a task remembers, see mm/vmacache.py
PID_MAX_LIMIT = 4 * 1024 * 1024  # include/linux/threads.h
TASK_COMM_LEN = 16  # bytes, with the zero at the end
