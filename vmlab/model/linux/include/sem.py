"""Semaphores of System V, and who waits for them.

Source: ipc/sem.c, include/uapi/linux/sem.h [v6.18].
"""

from __future__ import annotations

from typing import NamedTuple

from vmlab.model.linux.include.ipc import KernIpcPerm


class Sembuf(NamedTuple):
    """One operation (struct sembuf)."""

    sem_num: int
    sem_op: int  # what is added; 0 = wait until it is 0
    sem_flg: int  # IPC_NOWAIT, SEM_UNDO


class SemUndo:
    """What the end of a process adds to the semaphores of a set (struct sem_undo)."""

    __slots__ = ("semadj", "semid")

    def __init__(self, semid: int, semadj: list[int]) -> None:
        self.semid = semid
        self.semadj = semadj  # by semaphore

    def __repr__(self) -> str:
        return f"<sem_undo of {self.semid}: {self.semadj}>"


class SemUndoList:
    """What is undone when the last task ends that shares it (struct sem_undo_list)."""

    __slots__ = ("list_proc", "number", "refcnt")

    def __init__(self, number: int) -> None:
        self.number = number  # pid of the task it was made for
        self.refcnt = 1  # tasks that share it
        self.list_proc: list[SemUndo] = []  # the last one that was made first

    def __repr__(self) -> str:
        return f"<sem_undo_list {self.number} of {len(self.list_proc)} sets>"


class SemQueue:
    """A task that waits until its operations can be done (struct sem_queue)."""

    __slots__ = ("blocking", "pid", "semid", "sops", "status", "undo")

    def __init__(self, pid: int, semid: int, sops: tuple[Sembuf, ...], undo: SemUndo | None):
        self.pid = pid
        self.semid = semid
        self.sops = sops
        self.undo = undo  # where it is noted; None = it is not
        self.blocking = 0  # the operation that cannot be done
        self.status: int | None = None  # what the call answers, an errno or 0; None = it waits

    def __repr__(self) -> str:
        return f"<sem_queue of {self.pid} at {self.semid}>"

    @property
    def alter(self) -> bool:
        """Say whether it changes a semaphore."""
        return any(sop.sem_op for sop in self.sops)


class Sem:
    """One semaphore (struct sem)."""

    __slots__ = ("pending_alter", "pending_const", "sem_otime", "sempid", "semval")

    def __init__(self) -> None:
        self.semval = 0
        self.sempid = 0  # who changed it last
        self.sem_otime = 0  # when operations were done, seconds
        self.pending_alter: list[SemQueue] = []  # that each wait to take from this one alone
        self.pending_const: list[SemQueue] = []  # that each wait until this one alone is 0


class SemArray(KernIpcPerm):
    """A set of semaphores (struct sem_array)."""

    __slots__ = ("list_id", "pending_alter", "pending_const", "sem_ctime", "sems")

    def __init__(self, id: int, key: int, mode: int, nsems: int) -> None:
        super().__init__(id, key, mode)
        self.sem_ctime = 0  # when it was changed by semget or semctl, seconds
        self.sems = [Sem() for _ in range(nsems)]
        self.pending_alter: list[SemQueue] = []  # that wait for several; then all that alter
        self.pending_const: list[SemQueue] = []  # the same of those that only wait for zeros
        self.list_id: list[SemUndo] = []  # what is noted about it

    def __repr__(self) -> str:
        return f"<sem_array {self.id} of {len(self.sems)}>"

    @property
    def complex_count(self) -> int:
        """Return how many wait with several operations."""
        return sum(len(q.sops) > 1 for q in (*self.pending_alter, *self.pending_const))
