"""What the tables of calls are made of: the kinds of parameters and of results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from types import MappingProxyType
from typing import Any


class Kind(Enum):
    """What a parameter holds; a number unless it says otherwise."""

    ADDRESS = auto()  # of memory that the call is about
    HINT = auto()  # address where something may go; 0 or None = anywhere
    BREAK = auto()  # where the heap is to end; 0 only asks
    BUFFER = auto()  # address of memory that the kernel reads or writes for the caller
    VECTOR = auto()  # the same; None = nowhere
    LENGTH = auto()  # bytes of a range or of a file
    COUNT = auto()  # bytes to move
    OFFSET = auto()  # bytes into a file
    MAP_OFFSET = auto()  # the same, which strace prints in hexadecimal
    PROT = auto()
    MAP_FLAGS = auto()
    MREMAP_FLAGS = auto()
    REMAP_FLAGS = auto()  # of remap_file_pages
    PGOFF = auto()  # pages into a file
    ADVICE = auto()
    MSYNC_FLAGS = auto()
    MSEAL_FLAGS = auto()
    NO_FLAGS = auto()  # of which there are none yet
    PIDFD_FLAGS = auto()
    MLOCK_FLAGS = auto()
    MCL_FLAGS = auto()
    OPEN_FLAGS = auto()
    MEMFD_FLAGS = auto()
    WHENCE = auto()
    FALLOC_MODE = auto()
    FCNTL_COMMAND = auto()
    FCNTL_ARGUMENT = auto()  # what the command needs
    CLONE_FLAGS = auto()
    FD = auto()
    PIDFD = auto()  # of a process
    DIRFD = auto()  # of the directory where a relative path begins
    PATH = auto()  # text
    NAME = auto()  # text
    ARGV = auto()  # list of texts; None = the path alone
    ENV = auto()  # list of texts
    PERSONALITY = auto()
    RESOURCE = auto()
    LIMIT = auto()
    HARD_LIMIT = auto()  # the same; None = as it is
    LIMITS = auto()  # a soft and a hard one; None = as they are
    OPTION = auto()  # of prctl
    ARGUMENT = auto()  # what the option needs
    ARCH_CODE = auto()
    BARRIER = auto()
    BARRIER_FLAGS = auto()
    PID = auto()  # 0 = the caller
    SIGNAL = auto()
    SIGPROCMASK_HOW = auto()
    FUTEX_OP = auto()
    RSEQ_FLAGS = auto()
    TIMER_FLAGS = auto()
    HANDLER = auto()  # whether there is one: true or false
    CODE = auto()  # with which a process ends
    DATA = auto()  # bytes
    NUMBER = auto()  # how many
    IPC_KEY = auto()
    SHMID = auto()
    SHMGET_FLAGS = auto()
    SHMAT_FLAGS = auto()
    SHM_COMMAND = auto()
    IPC_ID = auto()  # of a set of semaphores, or a queue of messages
    IPC_FLAGS = auto()
    NR_OF_SEMS = auto()
    SEMNUM = auto()  # number of one in its set
    NR_OF_SEMOPS = auto()  # how many struct sembuf
    SEM_COMMAND = auto()
    MSGRCV_FLAGS = auto()
    MSG_TYPE = auto()  # 0 = any, below 0 = up to
    MSG_COMMAND = auto()
    TIMER_ID = auto()
    AT_FLAGS = auto()
    UNLINK_FLAGS = auto()
    ACCESS_MODE = auto()
    FILE_MODE = auto()  # who may do what
    FD_FLAGS = auto()  # of open(2), those about the descriptor
    FD_LIMIT = auto()  # an end of a range of descriptors
    CLOSE_FLAGS = auto()
    SIZE = auto()  # bytes that there is room for
    IOCTL_COMMAND = auto()
    GRND_FLAGS = auto()
    FLOCK_COMMAND = auto()
    WAIT_PID = auto()  # also of a group
    WAIT_OPTIONS = auto()
    USAGE_OF = auto()
    PRIORITY_OF = auto()
    CLOCK = auto()
    CPUS_SIZE = auto()  # bytes of a mask of CPUs
    ACCESS_FLAGS = auto()
    STATX_MASK = auto()
    WAIT_TYPE = auto()
    WAIT_ID = auto()  # what the type needs
    ITIMER = auto()
    SECONDS = auto()
    ROOM = auto()  # bytes that there is room for, without a sign
    NR_POLLED = auto()  # how many struct pollfd
    NR_OF_SETS = auto()  # how many descriptors of a set count
    TIMEOUT = auto()  # milliseconds; below 0 = without end
    EVENTFD_COUNT = auto()
    SOCK_FAMILY = auto()
    SOCK_TYPE = auto()  # with flags
    PROTOCOL = auto()
    MSG_FLAGS = auto()
    SHUT_HOW = auto()
    SOCK_LEVEL = auto()
    SOCK_OPTION = auto()
    BACKLOG = auto()  # connections that may wait
    ACCEPT_FLAGS = auto()
    MQ_PRIO = auto()
    NAME_LENGTH = auto()  # bytes of the name or of an option of a socket
    EVENTFD_FLAGS = auto()
    EPOLL_FLAGS = auto()
    EPOLL_OP = auto()
    NR_EVENTS = auto()  # for how many struct epoll_event there is room
    TIMERFD_FLAGS = auto()
    SETTIME_FLAGS = auto()  # of timerfd_settime
    SIGNALFD_FLAGS = auto()
    VALUE = auto()  # a number that is added
    PATH_OR_NONE = auto()  # text; None = the open file of the descriptor before it
    NODE_MODE = auto()  # what kind of file, and who may do what
    DEVICE = auto()  # its number
    OWNER = auto()  # number of a user or a group; -1 = as it is
    RENAME_FLAGS = auto()
    FILE_ADVICE = auto()
    SYNC_FLAGS = auto()


USHORT = range(1 << 16)
INT = range(-1 << 31, 1 << 31)
UINT = range(1 << 32)
LONG = range(-1 << 63, 1 << 63)
ULONG = range(1 << 64)

# As what the kernel declares a number: it takes so much of the register that holds it. What is not
# here is an unsigned long, or holds no number. A descriptor is an unsigned int; strace shows it
# with a sign.
DECLARED: Mapping[Kind, range] = MappingProxyType(
    {
        Kind.OFFSET: LONG,
        Kind.ADVICE: UINT,  # an int; strace shows it without a sign, as it does flags
        Kind.MSYNC_FLAGS: UINT,
        Kind.MLOCK_FLAGS: UINT,
        Kind.NO_FLAGS: UINT,
        Kind.PIDFD_FLAGS: UINT,
        Kind.MCL_FLAGS: UINT,
        Kind.OPEN_FLAGS: UINT,
        Kind.MEMFD_FLAGS: UINT,
        Kind.WHENCE: UINT,
        Kind.IPC_KEY: UINT,
        Kind.SHMID: INT,
        Kind.SHMGET_FLAGS: UINT,
        Kind.SHMAT_FLAGS: UINT,
        Kind.SHM_COMMAND: UINT,
        Kind.IPC_ID: INT,
        Kind.IPC_FLAGS: UINT,
        Kind.NR_OF_SEMS: INT,
        Kind.SEMNUM: INT,
        Kind.NR_OF_SEMOPS: UINT,
        Kind.SEM_COMMAND: UINT,
        Kind.MSGRCV_FLAGS: UINT,
        Kind.MSG_TYPE: LONG,
        Kind.MSG_COMMAND: UINT,
        Kind.TIMER_ID: INT,
        Kind.FALLOC_MODE: UINT,
        Kind.FCNTL_COMMAND: UINT,
        Kind.FD: INT,
        Kind.PIDFD: INT,
        Kind.DIRFD: INT,
        Kind.PERSONALITY: UINT,
        Kind.RESOURCE: UINT,
        Kind.PID: INT,
        Kind.OPTION: UINT,  # an int, as are codes
        Kind.ARCH_CODE: UINT,
        Kind.BARRIER: UINT,
        Kind.BARRIER_FLAGS: UINT,
        Kind.SIGNAL: INT,
        Kind.SIGPROCMASK_HOW: UINT,  # an int
        Kind.FUTEX_OP: UINT,  # an int
        Kind.RSEQ_FLAGS: UINT,  # an int
        Kind.TIMER_FLAGS: UINT,  # an int
        Kind.CODE: INT,
        Kind.AT_FLAGS: UINT,
        Kind.UNLINK_FLAGS: UINT,
        Kind.ACCESS_MODE: UINT,
        Kind.FILE_MODE: USHORT,
        Kind.FD_FLAGS: UINT,
        Kind.FD_LIMIT: UINT,
        Kind.CLOSE_FLAGS: UINT,
        Kind.SIZE: INT,
        Kind.IOCTL_COMMAND: UINT,
        Kind.GRND_FLAGS: UINT,
        Kind.FLOCK_COMMAND: UINT,
        Kind.WAIT_PID: INT,
        Kind.WAIT_OPTIONS: UINT,
        Kind.USAGE_OF: INT,
        Kind.PRIORITY_OF: INT,
        Kind.CLOCK: UINT,  # an int
        Kind.CPUS_SIZE: UINT,
        Kind.ACCESS_FLAGS: UINT,  # an int
        Kind.STATX_MASK: UINT,
        Kind.WAIT_TYPE: UINT,  # an int
        Kind.WAIT_ID: INT,
        Kind.ITIMER: UINT,  # an int
        Kind.SECONDS: UINT,
        Kind.ROOM: UINT,
        Kind.NR_POLLED: UINT,
        Kind.NR_OF_SETS: INT,
        Kind.TIMEOUT: INT,
        Kind.EVENTFD_COUNT: UINT,
        Kind.SOCK_FAMILY: UINT,
        Kind.SOCK_TYPE: UINT,
        Kind.PROTOCOL: UINT,
        Kind.MSG_FLAGS: UINT,
        Kind.SHUT_HOW: UINT,
        Kind.SOCK_LEVEL: UINT,
        Kind.SOCK_OPTION: UINT,
        Kind.NAME_LENGTH: INT,
        Kind.BACKLOG: INT,
        Kind.ACCEPT_FLAGS: UINT,
        Kind.MQ_PRIO: UINT,
        Kind.EVENTFD_FLAGS: UINT,  # an int, as are the others
        Kind.EPOLL_FLAGS: UINT,
        Kind.EPOLL_OP: UINT,
        Kind.NR_EVENTS: INT,
        Kind.TIMERFD_FLAGS: UINT,
        Kind.SETTIME_FLAGS: UINT,
        Kind.SIGNALFD_FLAGS: UINT,
        Kind.NODE_MODE: USHORT,
        Kind.DEVICE: UINT,
        Kind.OWNER: UINT,
        Kind.RENAME_FLAGS: UINT,
        Kind.FILE_ADVICE: UINT,  # an int
        Kind.SYNC_FLAGS: UINT,
    }
)


class Result(Enum):
    """What comes back when all goes well."""

    NOTHING = auto()  # strace writes 0
    ADDRESS = auto()
    FD = auto()
    FDS = auto()  # two descriptors
    COUNT = auto()  # bytes
    FCNTL = auto()  # what the command asks for
    PID = auto()
    PERSONALITY = auto()
    STATUS = auto()  # pid and status, as wait(2) encodes it
    LIMITS = auto()  # a soft and a hard one
    NUMBER = auto()
    MODE = auto()  # rights of a file
    BYTES = auto()
    BYTE = auto()  # a number
    DONE = auto()  # of an access, which has no answer
    NEVER = auto()  # it does not return


class _Required:
    def __repr__(self) -> str:
        return "REQUIRED"


REQUIRED = _Required()


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument of a call."""

    name: str  # as the manual page has it
    kind: Kind
    default: Any = REQUIRED  # what it is when it is left out

    @property
    def is_optional(self) -> bool:
        """Say whether it may be left out."""
        return self.default is not REQUIRED


@dataclass(frozen=True, slots=True)
class Action:
    """What a process does: a system call, or an access to memory."""

    name: str  # as strace writes it
    does: str  # what it does, in a few words
    parameters: tuple[Parameter, ...]
    result: Result
    method: str  # of `Process`


@dataclass(frozen=True, slots=True)
class Call(Action):
    """A system call."""

    number: int  # on x86-64


@dataclass(frozen=True, slots=True)
class Access(Action):
    """An access to memory by an instruction: the kernel hears of it only if it faults."""


def call(
    number: int, name: str, does: str, result: Result, *parameters: Parameter, method: str = ""
) -> Call:
    """Return the row of a system call, whose method has its name unless another is given."""
    return Call(name, does, parameters, result, method or name, number)


def access(name: str, does: str, result: Result, *parameters: Parameter) -> Access:
    """Return the row of an access."""
    return Access(name, does, parameters, result, name)
