"""The public names of vmlab, with their types."""

from vmlab import exercises as exercises
from vmlab import host as host
from vmlab.errors import BusError as BusError
from vmlab.errors import DiagramError as DiagramError
from vmlab.errors import HostError as HostError
from vmlab.errors import KernelBug as KernelBug
from vmlab.errors import Killed as Killed
from vmlab.errors import LinuxError as LinuxError
from vmlab.errors import ProcessError as ProcessError
from vmlab.errors import ProgramError as ProgramError
from vmlab.errors import Segfault as Segfault
from vmlab.errors import StateError as StateError
from vmlab.errors import VmlabError as VmlabError
from vmlab.lessons import mmapcopy as mmapcopy
from vmlab.lessons import scenarios as scenarios
from vmlab.lessons.exercise import Exercise as Exercise
from vmlab.lessons.listing import listing as listing
from vmlab.lessons.maps import maps_diff as maps_diff
from vmlab.lessons.predict import predict as predict
from vmlab.lessons.programs import Segment as Segment
from vmlab.lessons.programs import elf as elf
from vmlab.lessons.programs import program_headers as program_headers
from vmlab.lessons.progress import progress as progress
from vmlab.lessons.show import show as show
from vmlab.lessons.watch import watch as watch
from vmlab.model.abi import errno as errno
from vmlab.model.abi.anon_files import Eventfd as Eventfd
from vmlab.model.abi.anon_files import Signalfd as Signalfd
from vmlab.model.abi.anon_files import TimerfdCreate as TimerfdCreate
from vmlab.model.abi.anon_files import TimerfdSettime as TimerfdSettime
from vmlab.model.abi.clone import Clone as Clone
from vmlab.model.abi.epoll import Epoll as Epoll
from vmlab.model.abi.epoll import EpollCreate as EpollCreate
from vmlab.model.abi.epoll import EpollOp as EpollOp
from vmlab.model.abi.fadvise import Fadvise as Fadvise
from vmlab.model.abi.fadvise import SyncRange as SyncRange
from vmlab.model.abi.fcntl import AT_FDCWD as AT_FDCWD
from vmlab.model.abi.fcntl import Access as Access
from vmlab.model.abi.fcntl import At as At
from vmlab.model.abi.fcntl import CloseRange as CloseRange
from vmlab.model.abi.fcntl import Falloc as Falloc
from vmlab.model.abi.fcntl import Fcntl as Fcntl
from vmlab.model.abi.fcntl import Fd as Fd
from vmlab.model.abi.fcntl import Flock as Flock
from vmlab.model.abi.fcntl import LockType as LockType
from vmlab.model.abi.fcntl import Mfd as Mfd
from vmlab.model.abi.fcntl import Open as Open
from vmlab.model.abi.fcntl import Rename as Rename
from vmlab.model.abi.fcntl import Seal as Seal
from vmlab.model.abi.fcntl import Seek as Seek
from vmlab.model.abi.fcntl import Unlinkat as Unlinkat
from vmlab.model.abi.ioctl import Ioctl as Ioctl
from vmlab.model.abi.membarrier import Membarrier as Membarrier
from vmlab.model.abi.mman import Madv as Madv
from vmlab.model.abi.mman import Map as Map
from vmlab.model.abi.mman import Mcl as Mcl
from vmlab.model.abi.mman import Mlock as Mlock
from vmlab.model.abi.mman import Mremap as Mremap
from vmlab.model.abi.mman import Ms as Ms
from vmlab.model.abi.mman import Prot as Prot
from vmlab.model.abi.msg import Msgctl as Msgctl
from vmlab.model.abi.msg import Msgrcv as Msgrcv
from vmlab.model.abi.personality import Personality as Personality
from vmlab.model.abi.pidfd import PIDFD_SELF_THREAD as PIDFD_SELF_THREAD
from vmlab.model.abi.pidfd import PIDFD_SELF_THREAD_GROUP as PIDFD_SELF_THREAD_GROUP
from vmlab.model.abi.pidfd import Pidfd as Pidfd
from vmlab.model.abi.prctl import Arch as Arch
from vmlab.model.abi.prctl import Pr as Pr
from vmlab.model.abi.random import Grnd as Grnd
from vmlab.model.abi.resource import Prio as Prio
from vmlab.model.abi.resource import Rlimit as Rlimit
from vmlab.model.abi.resource import Rusage as Rusage
from vmlab.model.abi.sem import Semctl as Semctl
from vmlab.model.abi.sem import Semop as Semop
from vmlab.model.abi.shm import IPC_PRIVATE as IPC_PRIVATE
from vmlab.model.abi.shm import Ipc as Ipc
from vmlab.model.abi.shm import Shmat as Shmat
from vmlab.model.abi.shm import Shmctl as Shmctl
from vmlab.model.abi.socket import AddressFamily as AddressFamily
from vmlab.model.abi.socket import Ipv6Option as Ipv6Option
from vmlab.model.abi.socket import Msg as Msg
from vmlab.model.abi.socket import Shut as Shut
from vmlab.model.abi.socket import Sock as Sock
from vmlab.model.abi.socket import SockFlag as SockFlag
from vmlab.model.abi.socket import SockLevel as SockLevel
from vmlab.model.abi.socket import SockOption as SockOption
from vmlab.model.abi.socket import TcpOption as TcpOption
from vmlab.model.abi.stat import FileType as FileType
from vmlab.model.abi.time import Clock as Clock
from vmlab.model.abi.wait import WEXITSTATUS as WEXITSTATUS
from vmlab.model.abi.wait import WIFEXITED as WIFEXITED
from vmlab.model.abi.wait import WIFSIGNALED as WIFSIGNALED
from vmlab.model.abi.wait import WTERMSIG as WTERMSIG
from vmlab.model.abi.wait import Wait as Wait
from vmlab.model.mmu.page import PAGE_SIZE as PAGE_SIZE
from vmlab.model.mmu.page import GiB as GiB
from vmlab.model.mmu.page import KiB as KiB
from vmlab.model.mmu.page import MiB as MiB
from vmlab.model.mmu.pte import TINY as TINY
from vmlab.model.mmu.pte import TINY_4K as TINY_4K
from vmlab.model.mmu.pte import X86_32 as X86_32
from vmlab.model.mmu.pte import X86_64 as X86_64
from vmlab.model.mmu.pte import X86_64_LA57 as X86_64_LA57
from vmlab.model.mmu.pte import Geometry as Geometry
from vmlab.model.process import Process as Process
from vmlab.programs.build import Program as Program
from vmlab.programs.build import build as build
from vmlab.programs.variables import variables as variables
from vmlab.record.recorder import Recorder as Recorder
from vmlab.state.machine import Machine as Machine
from vmlab.state.snapshot import Snapshot as Snapshot
from vmlab.widgets.call_field import CallField as CallField
from vmlab.widgets.call_forms import CallForm as CallForm
from vmlab.widgets.controls import Controls as Controls
from vmlab.widgets.diagram_view import DiagramView as DiagramView
from vmlab.widgets.explore import from_link as from_link
from vmlab.widgets.explorer import Explorer as Explorer
from vmlab.widgets.export import export as export
from vmlab.widgets.player import Player as Player
from vmlab.words.language import language as language

__version__: str

PROT_NONE: Prot
PROT_READ: Prot
PROT_WRITE: Prot
PROT_EXEC: Prot
PROT_SEM: Prot
PROT_GROWSDOWN: Prot
PROT_GROWSUP: Prot

MAP_SHARED: Map
MAP_PRIVATE: Map
MAP_SHARED_VALIDATE: Map
MAP_DROPPABLE: Map
MAP_FIXED: Map
MAP_ANONYMOUS: Map
MAP_32BIT: Map
MAP_ABOVE4G: Map
MAP_GROWSDOWN: Map
MAP_DENYWRITE: Map
MAP_EXECUTABLE: Map
MAP_LOCKED: Map
MAP_NORESERVE: Map
MAP_POPULATE: Map
MAP_NONBLOCK: Map
MAP_STACK: Map
MAP_HUGETLB: Map
MAP_SYNC: Map
MAP_FIXED_NOREPLACE: Map

MREMAP_MAYMOVE: Mremap
MREMAP_FIXED: Mremap
MREMAP_DONTUNMAP: Mremap

MADV_NORMAL: Madv
MADV_RANDOM: Madv
MADV_SEQUENTIAL: Madv
MADV_WILLNEED: Madv
MADV_DONTNEED: Madv
MADV_FREE: Madv
MADV_REMOVE: Madv
MADV_DONTFORK: Madv
MADV_DOFORK: Madv
MADV_MERGEABLE: Madv
MADV_UNMERGEABLE: Madv
MADV_HUGEPAGE: Madv
MADV_NOHUGEPAGE: Madv
MADV_DONTDUMP: Madv
MADV_DODUMP: Madv
MADV_WIPEONFORK: Madv
MADV_KEEPONFORK: Madv
MADV_COLD: Madv
MADV_PAGEOUT: Madv
MADV_POPULATE_READ: Madv
MADV_POPULATE_WRITE: Madv
MADV_DONTNEED_LOCKED: Madv
MADV_COLLAPSE: Madv
MADV_HWPOISON: Madv
MADV_SOFT_OFFLINE: Madv
MADV_GUARD_INSTALL: Madv
MADV_GUARD_REMOVE: Madv

MS_ASYNC: Ms
MS_INVALIDATE: Ms
MS_SYNC: Ms

MLOCK_ONFAULT: Mlock

MCL_CURRENT: Mcl
MCL_FUTURE: Mcl
MCL_ONFAULT: Mcl

O_RDONLY: Open
O_WRONLY: Open
O_RDWR: Open
O_CREAT: Open
O_EXCL: Open
O_NOCTTY: Open
O_TRUNC: Open
O_APPEND: Open
O_NONBLOCK: Open
O_SYNC: Open
O_DSYNC: Open
FASYNC: Open
O_DIRECT: Open
O_LARGEFILE: Open
O_NOFOLLOW: Open
O_NOATIME: Open
O_CLOEXEC: Open
O_PATH: Open
O_TMPFILE: Open
O_DIRECTORY: Open
SEEK_SET: Seek
SEEK_CUR: Seek
SEEK_END: Seek
SEEK_DATA: Seek
SEEK_HOLE: Seek
F_OK: Access
R_OK: Access
W_OK: Access
X_OK: Access
AT_SYMLINK_NOFOLLOW: At
AT_SYMLINK_FOLLOW: At
AT_NO_AUTOMOUNT: At
AT_EMPTY_PATH: At
AT_STATX_FORCE_SYNC: At
AT_STATX_DONT_SYNC: At
CLOSE_RANGE_UNSHARE: CloseRange
CLOSE_RANGE_CLOEXEC: CloseRange
GRND_NONBLOCK: Grnd
GRND_RANDOM: Grnd
GRND_INSECURE: Grnd
TCGETS: Ioctl
TIOCGWINSZ: Ioctl
FIONREAD: Ioctl
FIONBIO: Ioctl
FIONCLEX: Ioctl
FIOCLEX: Ioctl
AT_REMOVEDIR: Unlinkat
CLOCK_REALTIME: Clock
CLOCK_MONOTONIC: Clock
CLOCK_PROCESS_CPUTIME_ID: Clock
CLOCK_THREAD_CPUTIME_ID: Clock
CLOCK_MONOTONIC_RAW: Clock
CLOCK_REALTIME_COARSE: Clock
CLOCK_MONOTONIC_COARSE: Clock
CLOCK_BOOTTIME: Clock
CLOCK_REALTIME_ALARM: Clock
CLOCK_BOOTTIME_ALARM: Clock
CLOCK_TAI: Clock
PRIO_PROCESS: Prio
PRIO_PGRP: Prio
PRIO_USER: Prio
RUSAGE_SELF: Rusage
RUSAGE_CHILDREN: Rusage
RUSAGE_THREAD: Rusage
WNOHANG: Wait
WUNTRACED: Wait
WEXITED: Wait
WCONTINUED: Wait
WNOWAIT: Wait
IPC_CREAT: Ipc
IPC_EXCL: Ipc
SHM_HUGETLB: Ipc
SHM_NORESERVE: Ipc
SHM_RDONLY: Shmat
SHM_RND: Shmat
SHM_REMAP: Shmat
SHM_EXEC: Shmat
SHM_LOCK: Shmctl
SHM_UNLOCK: Shmctl

SEM_UNDO: Semop
GETPID: Semctl
GETVAL: Semctl
GETALL: Semctl
GETNCNT: Semctl
GETZCNT: Semctl
SETVAL: Semctl
SETALL: Semctl
SEM_STAT: Semctl
SEM_INFO: Semctl
SEM_STAT_ANY: Semctl

IPC_NOWAIT: Msgrcv
MSG_NOERROR: Msgrcv
MSG_EXCEPT: Msgrcv
MSG_COPY: Msgrcv
IPC_RMID: Msgctl
IPC_SET: Msgctl
IPC_STAT: Msgctl
IPC_INFO: Msgctl
MSG_STAT: Msgctl
MSG_INFO: Msgctl
MSG_STAT_ANY: Msgctl
FALLOC_FL_KEEP_SIZE: Falloc
FALLOC_FL_PUNCH_HOLE: Falloc
FALLOC_FL_COLLAPSE_RANGE: Falloc
FALLOC_FL_ZERO_RANGE: Falloc
FALLOC_FL_INSERT_RANGE: Falloc
FALLOC_FL_UNSHARE_RANGE: Falloc
FALLOC_FL_WRITE_ZEROES: Falloc
MFD_CLOEXEC: Mfd
MFD_ALLOW_SEALING: Mfd
MFD_HUGETLB: Mfd
MFD_NOEXEC_SEAL: Mfd
MFD_EXEC: Mfd
F_DUPFD: Fcntl
F_GETFD: Fcntl
F_SETFD: Fcntl
F_GETFL: Fcntl
F_SETFL: Fcntl
F_GETLK: Fcntl
F_SETLK: Fcntl
F_SETLKW: Fcntl
F_OFD_GETLK: Fcntl
F_OFD_SETLK: Fcntl
F_OFD_SETLKW: Fcntl
F_DUPFD_CLOEXEC: Fcntl
F_ADD_SEALS: Fcntl
F_GET_SEALS: Fcntl
FD_CLOEXEC: Fd
F_SEAL_SEAL: Seal
F_SEAL_SHRINK: Seal
F_SEAL_GROW: Seal
F_SEAL_WRITE: Seal
F_SEAL_FUTURE_WRITE: Seal
F_SEAL_EXEC: Seal

CLONE_VM: Clone
CLONE_FS: Clone
CLONE_INTO_CGROUP: Clone
CLONE_FILES: Clone
CLONE_SIGHAND: Clone
CLONE_PIDFD: Clone
CLONE_PTRACE: Clone
CLONE_VFORK: Clone
CLONE_PARENT: Clone
CLONE_THREAD: Clone
CLONE_NEWNS: Clone
CLONE_SYSVSEM: Clone
CLONE_SETTLS: Clone
CLONE_PARENT_SETTID: Clone
CLONE_CHILD_CLEARTID: Clone
CLONE_CLEAR_SIGHAND: Clone
CLONE_DETACHED: Clone
CLONE_UNTRACED: Clone
CLONE_CHILD_SETTID: Clone
CLONE_NEWCGROUP: Clone
CLONE_NEWUTS: Clone
CLONE_NEWIPC: Clone
CLONE_NEWUSER: Clone
CLONE_NEWPID: Clone
CLONE_NEWNET: Clone
CLONE_IO: Clone

PR_SET_NAME: Pr
PR_SET_PDEATHSIG: Pr
PR_GET_DUMPABLE: Pr
PR_GET_NAME: Pr
PR_GET_PDEATHSIG: Pr
PR_SET_DUMPABLE: Pr
PR_SET_MM: Pr
PR_SET_THP_DISABLE: Pr
PR_GET_THP_DISABLE: Pr
PR_SET_VMA: Pr

MEMBARRIER_CMD_QUERY: Membarrier
MEMBARRIER_CMD_GLOBAL: Membarrier
MEMBARRIER_CMD_GLOBAL_EXPEDITED: Membarrier
MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED: Membarrier
MEMBARRIER_CMD_PRIVATE_EXPEDITED: Membarrier
MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED: Membarrier
MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE: Membarrier
MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE: Membarrier
MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ: Membarrier
MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ: Membarrier
MEMBARRIER_CMD_GET_REGISTRATIONS: Membarrier
PIDFD_NONBLOCK: Pidfd
PIDFD_THREAD: Pidfd
LOCK_SH: Flock
LOCK_EX: Flock
LOCK_NB: Flock
LOCK_UN: Flock
F_RDLCK: LockType
F_WRLCK: LockType
F_UNLCK: LockType
EFD_SEMAPHORE: Eventfd
EFD_NONBLOCK: Eventfd
EFD_CLOEXEC: Eventfd
SFD_NONBLOCK: Signalfd
SFD_CLOEXEC: Signalfd
TFD_NONBLOCK: TimerfdCreate
TFD_CLOEXEC: TimerfdCreate
TFD_TIMER_ABSTIME: TimerfdSettime
TFD_TIMER_CANCEL_ON_SET: TimerfdSettime
EPOLLIN: Epoll
EPOLLPRI: Epoll
EPOLLOUT: Epoll
EPOLLERR: Epoll
EPOLLHUP: Epoll
EPOLLRDNORM: Epoll
EPOLLRDBAND: Epoll
EPOLLWRNORM: Epoll
EPOLLWRBAND: Epoll
EPOLLMSG: Epoll
EPOLLRDHUP: Epoll
EPOLLEXCLUSIVE: Epoll
EPOLLWAKEUP: Epoll
EPOLLONESHOT: Epoll
EPOLLET: Epoll
EPOLL_CLOEXEC: EpollCreate
EPOLL_CTL_ADD: EpollOp
EPOLL_CTL_DEL: EpollOp
EPOLL_CTL_MOD: EpollOp
AF_UNSPEC: AddressFamily
AF_UNIX: AddressFamily
AF_INET: AddressFamily
AF_INET6: AddressFamily
AF_NETLINK: AddressFamily
AF_PACKET: AddressFamily
MSG_OOB: Msg
MSG_PEEK: Msg
MSG_DONTROUTE: Msg
MSG_CTRUNC: Msg
MSG_TRUNC: Msg
MSG_DONTWAIT: Msg
MSG_EOR: Msg
MSG_WAITALL: Msg
MSG_NOSIGNAL: Msg
MSG_MORE: Msg
MSG_CMSG_CLOEXEC: Msg
SHUT_RD: Shut
SHUT_WR: Shut
SHUT_RDWR: Shut
SOCK_STREAM: Sock
SOCK_DGRAM: Sock
SOCK_RAW: Sock
SOCK_RDM: Sock
SOCK_SEQPACKET: Sock
SOCK_DCCP: Sock
SOCK_PACKET: Sock
SOCK_NONBLOCK: SockFlag
SOCK_CLOEXEC: SockFlag
SOL_IP: SockLevel
SOL_SOCKET: SockLevel
SOL_TCP: SockLevel
SOL_UDP: SockLevel
SOL_IPV6: SockLevel
SO_REUSEADDR: SockOption
SO_TYPE: SockOption
SO_ERROR: SockOption
SO_BROADCAST: SockOption
SO_SNDBUF: SockOption
SO_RCVBUF: SockOption
SO_KEEPALIVE: SockOption
SO_REUSEPORT: SockOption
SO_PASSCRED: SockOption
SO_PEERCRED: SockOption
SO_RCVLOWAT: SockOption
SO_SNDLOWAT: SockOption
SO_RCVTIMEO: SockOption
SO_SNDTIMEO: SockOption
SO_ACCEPTCONN: SockOption
SO_PROTOCOL: SockOption
SO_DOMAIN: SockOption
TCP_NODELAY: TcpOption
IPV6_V6ONLY: Ipv6Option
S_IFIFO: FileType
S_IFCHR: FileType
S_IFDIR: FileType
S_IFBLK: FileType
S_IFREG: FileType
S_IFLNK: FileType
S_IFSOCK: FileType
RENAME_NOREPLACE: Rename
RENAME_EXCHANGE: Rename
RENAME_WHITEOUT: Rename
POSIX_FADV_NORMAL: Fadvise
POSIX_FADV_RANDOM: Fadvise
POSIX_FADV_SEQUENTIAL: Fadvise
POSIX_FADV_WILLNEED: Fadvise
POSIX_FADV_DONTNEED: Fadvise
POSIX_FADV_NOREUSE: Fadvise
SYNC_FILE_RANGE_WAIT_BEFORE: SyncRange
SYNC_FILE_RANGE_WRITE: SyncRange
SYNC_FILE_RANGE_WAIT_AFTER: SyncRange

ARCH_SET_GS: Arch
ARCH_SET_FS: Arch
ARCH_GET_FS: Arch
ARCH_GET_GS: Arch

RLIMIT_CPU: Rlimit
RLIMIT_FSIZE: Rlimit
RLIMIT_DATA: Rlimit
RLIMIT_STACK: Rlimit
RLIMIT_CORE: Rlimit
RLIMIT_RSS: Rlimit
RLIMIT_NPROC: Rlimit
RLIMIT_NOFILE: Rlimit
RLIMIT_MEMLOCK: Rlimit
RLIMIT_AS: Rlimit
RLIMIT_LOCKS: Rlimit
RLIMIT_SIGPENDING: Rlimit
RLIMIT_MSGQUEUE: Rlimit
RLIMIT_NICE: Rlimit
RLIMIT_RTPRIO: Rlimit
RLIMIT_RTTIME: Rlimit
UNAME26: Personality
ADDR_NO_RANDOMIZE: Personality
FDPIC_FUNCPTRS: Personality
MMAP_PAGE_ZERO: Personality
ADDR_COMPAT_LAYOUT: Personality
READ_IMPLIES_EXEC: Personality
ADDR_LIMIT_32BIT: Personality
SHORT_INODE: Personality
WHOLE_SECONDS: Personality
STICKY_TIMEOUTS: Personality
ADDR_LIMIT_3GB: Personality
