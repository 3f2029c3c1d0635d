"""Objects of System V and timers as frozen values, and who waits for them: parts of a snapshot."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ShmState:
    """One segment of shared memory of System V."""

    shmid: int
    key: int
    mode: int  # rights, SHM_DEST, SHM_LOCKED
    segsz: int  # bytes
    file: int  # number of the struct file
    cprid: int  # pid of who made it
    lprid: int  # of who mapped or unmapped it last
    nattch: int  # VMAs


@dataclass(frozen=True, slots=True)
class SemQueueState:
    """Operations on semaphores for which a task sleeps, or slept."""

    semid: int
    # (semaphore, what is added as 16 bits without a sign, SEM_UNDO and IPC_NOWAIT)
    sops: tuple[tuple[int, int, int], ...]
    blocking: int  # place of the one that could not be done
    status: int | None  # what the call answers: an errno or 0; None = it sleeps


@dataclass(frozen=True, slots=True)
class MsgReceiverState:
    """A message for which a task sleeps, or slept."""

    msqid: int
    r_msgtype: int
    r_mode: int  # SEARCH_*
    r_maxsize: int  # bytes
    r_msg: tuple[tuple[int, str], ...]  # (type, text in hexadecimal) of what it was handed
    status: int  # the errno that it was told, 0 = none
    woken: bool


@dataclass(frozen=True, slots=True)
class MsgSenderState:
    """A message for whose room a task sleeps, or slept."""

    msqid: int
    msg: tuple[int, str]  # type, text in hexadecimal
    status: int
    woken: bool


@dataclass(frozen=True, slots=True)
class TimerState:
    """One timer that a process made (struct k_itimer)."""

    it_id: int
    it_clock: int
    it_sigev_notify: int
    it_pid: int  # of the thread that gets the signal
    si_signo: int
    si_value: int
    expires: int  # nanoseconds
    it_interval: int
    it_status: str  # 'disarmed', 'armed', 'requeue_pending'
    it_overrun: int  # one more than in the kernel
    it_overrun_last: int
    it_signal_seq: int
    it_sig_periodic: bool
    ignored: bool


@dataclass(frozen=True, slots=True)
class OneSemState:
    """One semaphore of a set."""

    semval: int
    sempid: int  # who changed it last
    sem_otime: int  # seconds
    pending_alter: tuple[int, ...]  # pids of those that sleep at it alone, longest first
    pending_const: tuple[int, ...]  # and of those that wait until it is 0


@dataclass(frozen=True, slots=True)
class SemState:
    """One set of semaphores of System V."""

    semid: int
    key: int
    mode: int  # rights
    uid: int
    gid: int
    sem_ctime: int  # seconds
    sems: tuple[OneSemState, ...]
    pending_alter: tuple[int, ...]  # pids of those that sleep at the set as a whole
    pending_const: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class MsgState:
    """One queue of messages of System V."""

    msqid: int
    key: int
    mode: int  # rights
    uid: int
    gid: int
    q_qbytes: int  # bytes that it holds at most
    q_stime: int  # seconds
    q_rtime: int
    q_ctime: int
    q_lspid: int
    q_lrpid: int
    q_messages: tuple[tuple[int, str], ...]  # (type, text in hexadecimal), in order
    q_receivers: tuple[int, ...]  # pids of those that sleep, longest first
    q_senders: tuple[int, ...]
