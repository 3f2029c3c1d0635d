"""Small scenes, one for each call and each kind of fault, for golden transcripts."""

from __future__ import annotations

import struct
from collections.abc import Callable
from contextlib import suppress

from tests.threads import THREAD, Thread
from vmlab import (
    ADDR_COMPAT_LAYOUT,
    AT_FDCWD,
    IPC_PRIVATE,
    S_IFIFO,
    Access,
    Arch,
    At,
    BusError,
    Clock,
    Clone,
    Fadvise,
    Falloc,
    Fcntl,
    Fd,
    Ioctl,
    Ipc,
    Killed,
    LinuxError,
    Machine,
    Madv,
    Map,
    Mcl,
    Membarrier,
    Mfd,
    Mlock,
    Mremap,
    Ms,
    Msgctl,
    Msgrcv,
    Open,
    Pr,
    Prio,
    Process,
    Prot,
    Recorder,
    Rename,
    Rlimit,
    Rusage,
    Seal,
    Seek,
    Segfault,
    Semctl,
    Semop,
    Shmctl,
    Wait,
)
from vmlab.model.linux.arch.x86.include.ptrace import PtRegs
from vmlab.model.mmu.cpu import READ

PAGE = 4096
A = 0x10000000
IN_MEMORY = "/dev/shm/a.dat"
RW = Prot.PROT_READ | Prot.PROT_WRITE
R = Prot.PROT_READ
ANON = Map.MAP_PRIVATE | Map.MAP_ANONYMOUS
FIXED = ANON | Map.MAP_FIXED

STACK = 0x7FFFFF001000
STACK_FRAME = 0x7FFFFF0003F8
HANDLER = 0x401000

MAPS = """10000000-10004000 rw-p 00000000 00:00 0
7fffff000000-7fffff002000 rw-p 00000000 00:00 0                          [stack]
"""
HEAP = """10000000-10004000 rw-p 00000000 00:00 0                          [heap]
"""

# What happens, after `before`, which is not told.
Scene = Callable[[Process], object]
SCENES: dict[str, tuple[Scene, Scene]] = {}


def scene(name: str, before: Scene, what: Scene) -> None:
    SCENES[name] = before, what


def nothing(p: Process) -> None:
    """The process as it is."""


def touched(p: Process) -> None:
    """Its first page was written."""
    p.store(A, b"hello")


def swapped(p: Process) -> None:
    """Its first page is in swap and still in a frame; the second one, of zeros, in swap alone."""
    p.store(A, b"hello")
    p.store(A + PAGE, b"\0")
    p.madvise(A, 2 * PAGE, Madv.MADV_PAGEOUT)


def signals(number: int) -> Scene:
    """A set with one signal stands at A."""
    return lambda p: p.store(A, struct.pack("<Q", 1 << number - 1))


def pollfds(fd: int) -> Scene:
    """A struct pollfd at A that asks whether a descriptor can be read from or written to."""

    def before(p: Process) -> None:
        touched(p)
        p.store(A, struct.pack("<i2h", fd, 5, 0))

    return before


def watched(fd: int, events: int = 1) -> Scene:
    """An epoll that watches a descriptor; what is told with its events is 7."""

    def before(p: Process) -> None:
        epfd = p.epoll_create1()
        p.store(A, struct.pack("<IQ", events, 7))
        p.epoll_ctl(epfd, 1, fd, A)

    return before


def eventfd(p: Process) -> None:
    """An eventfd that counts 3; A holds 1."""
    p.eventfd2(3)
    p.store(A, struct.pack("<Q", 1))


def watched_file(p: Process) -> None:
    """An epoll, and an event at A."""
    p.epoll_create1()
    touched(p)


def room(p: Process) -> None:
    """An int at A + 64: 16."""
    p.store(A + 64, struct.pack("<i", 16))


def timerfd(p: Process) -> None:
    """A timerfd; A holds a time of a second."""
    p.timerfd_create(1)
    p.store(A, struct.pack("<4q", 0, 0, 1, 0))


def sockets(p: Process) -> None:
    """Two connected sockets; A holds some bytes."""
    p.socketpair(1, 1)
    touched(p)


def named(p: Process) -> None:
    """A socket of the Internet; A holds a name, 16 bytes: port 80 of 127.0.0.1."""
    p.store(A, struct.pack("<H2s4s8x", 2, b"\0\x50", b"\x7f\0\0\1"))
    p.socket(2, 1)


def part_to_lock(p: Process) -> None:
    """An open file; A holds a struct flock: ten bytes for this process alone."""
    opened(p)
    touched(p)
    p.store(A, struct.pack("<hh4xqqi4x", 1, 0, 5, 10, 0))


def listening(p: Process) -> None:
    """A socket that listens there, and another one."""
    named(p)
    p.bind(3, A, 16)
    p.listen(3, 5)
    p.socket(2, 1)


def mqueue(p: Process) -> None:
    """A queue of messages; A holds some bytes."""
    p.mq_open("jobs", 0o102, 0o600)
    touched(p)


def packet(p: Process) -> None:
    """Two connected sockets; a struct msghdr at A + 64, with a piece at A."""
    sockets(p)
    p.store(A + 64, struct.pack("<Qi4xQQQQi4x", 0, 0, A + 128, 1, 0, 0, 0))
    p.store(A + 128, struct.pack("<QQ", A, 5))


def waiting(signal: int) -> Scene:
    """A signal that was sent and waits; A holds the set of it."""

    def before(p: Process) -> None:
        signals(signal)(p)
        p.rt_sigprocmask(0, A)
        p.kill(p.pid, signal)

    return before


def stopped(p: Process) -> None:
    """A child that a signal has stopped."""
    p.kill(p.fork().pid, 19)


def went_on(p: Process) -> None:
    """A child that was stopped and goes on."""
    stopped(p)
    p.kill(1001, 18)


def no_time(p: Process) -> None:
    """A time of nothing at A + 64."""
    p.store(A + 64, bytes(16))


def stack(*values: int) -> Scene:
    """A stack_t with these values stands at A."""
    return lambda p: p.store(A, struct.pack("<QQQ", *values))


def sleeper(p: Process) -> Thread:
    """Return another thread of the process."""
    return Thread(p.clone(THREAD))


def asleep(p: Process) -> None:
    """Another thread waits at the futex A + 8."""
    touched(p)
    sleeper(p).futex(A + 8, 0, 0)


def in_pipe(p: Process) -> None:
    """A pipe, 3 and 4, holds five bytes."""
    touched(p)
    p.pipe()
    p.write(4, A, 5)


def full_pipe(p: Process) -> None:
    """A pipe, 3 and 4, has no room."""
    p.pipe()
    for _ in range(16):
        p.write(4, A, PAGE)


def call(number: int, *args: int) -> Scene:
    """Machine code is about to make a call with these registers."""

    def before(p: Process) -> None:
        registers = zip(("di", "si", "dx", "r10", "r8", "r9"), args, strict=False)
        p.task.regs = PtRegs(ax=number, sp=STACK, **dict(registers))

    return before


def handled(signal: int, *action: int) -> Scene:
    """The handler for a signal is machine code; registers and action are given or chosen."""

    def before(p: Process) -> None:
        p.store(A, struct.pack("<4Q", *(action or (HANDLER, 0x4000004, HANDLER, 0))))
        call(13, signal, A, 0, 8)(p)
        p._syscall_instruction()
        p.task.regs = PtRegs(ip=A, sp=STACK)

    return before


def returns(p: Process) -> None:
    """Its handler has run, and popped where it returns to."""
    handled(11)(p)
    p._touch(0x5000, READ, 1)
    call(15)(p)
    p.task.regs.sp = STACK_FRAME + 8


def mapped_file(flags: int, prot: int = RW, name: str = "/a.dat") -> Scene:
    """A file of one page and a bit is open as 3 and mapped at A + 0x10000."""

    def before(p: Process) -> None:
        p.machine.fs.write(name, b"a" * 5000)
        p.open(name, Open.O_RDWR)
        p.mmap(A + 0x10000, 3 * PAGE, prot, flags | Map.MAP_FIXED, 3, 0)

    return before


def opened(p: Process) -> None:
    p.machine.fs.write("/a.dat", b"hello, file")
    p.open("/a.dat", Open.O_RDWR)


def opened_in_memory(p: Process) -> None:
    p.machine.fs.write(IN_MEMORY, b"hello, file")
    p.open(IN_MEMORY, Open.O_RDWR)


def pieces(p: Process) -> None:
    """Its first page tells of two pieces of memory."""
    p.store(A, struct.pack("<4Q", A + 100, 3, A + PAGE, 4))


def segment(p: Process) -> None:
    """There is a segment 0 of two pages."""
    p.shmget(IPC_PRIVATE, 2 * PAGE, 0o600)


def attached(p: Process) -> None:
    """It is attached at A + 0x10000, and its first page was written."""
    segment(p)
    p.shmat(0, A + 0x10000)
    p.store(A + 0x10000, b"hello")


def sops(*operations: tuple[int, int, int]) -> Scene:
    """Operations on semaphores stand at A: semaphore, what is added, flags."""
    data = b"".join(struct.pack("<Hhh", *each) for each in operations)
    return lambda p: p.store(A, data)


def semaphores(p: Process) -> None:
    """There is a set 0 of two semaphores; an operation that adds 1 stands at A."""
    p.semget(IPC_PRIVATE, 2, 0o600)
    sops((0, 1, 0))(p)


def waits_for_semaphore(p: Process) -> None:
    """Another thread waits until it can take from semaphore 0; A adds to it."""
    semaphores(p)
    sops((0, -1, 0))(p)
    sleeper(p).call("semop", 0, A, 1)
    sops((0, 1, 0))(p)


def undoes(p: Process) -> None:
    """The process has added to semaphore 0, and its end undoes that."""
    semaphores(p)
    sops((0, 1, Semop.SEM_UNDO))(p)
    p.semop(0, A, 1)


def perm(*rest: int) -> Scene:
    """What IPC_SET sets stands at A."""
    rights = struct.pack("<6I24x", 0, 5, 6, 0, 0, 0o640)
    return lambda p: p.store(A, rights + struct.pack(f"<{len(rest)}Q", *rest))


def message(p: Process) -> None:
    """There is a queue 0, and at A a message of type 3 with five bytes."""
    p.msgget(IPC_PRIVATE, 0o600)
    p.store(A, struct.pack("<q5s", 3, b"hello"))


def sent(p: Process) -> None:
    """It is in the queue."""
    message(p)
    p.msgsnd(0, A, 5)


def waits_for_message(p: Process) -> None:
    """Another thread waits for a message."""
    message(p)
    sleeper(p).call("msgrcv", 0, A + 100, 5, 0, 0)


def full_queue(p: Process) -> None:
    """Two messages fill the queue, and another thread waits to send one."""
    message(p)
    for _ in range(2):
        p.msgsnd(0, A, 8192)
    sleeper(p).call("msgsnd", 0, A, 5, 0)


def timed(p: Process) -> None:
    """There is a timer 0; a setting of 2 s, and then each 3 s, stands at A."""
    touched(p)
    p.timer_create(Clock.CLOCK_MONOTONIC, None, A)
    p.store(A, struct.pack("<4q", 3, 0, 2, 0))


def ticking(p: Process) -> None:
    """It runs, and its signal waits once it is over."""
    timed(p)
    p.timer_settime(0, 0, A)
    p.store(A + 64, struct.pack("<Q", 1 << 13))
    p.rt_sigprocmask(0, A + 64)


def with_value(p: Process) -> None:
    """What is told of a signal with a value stands at A."""
    p.store(A, struct.pack("<3i4xiiq", 0, 0, -1, p.pid, 0, 77))


F = A + 0x10000
HOLE = Falloc.FALLOC_FL_PUNCH_HOLE | Falloc.FALLOC_FL_KEEP_SIZE


def both(*acts: Scene) -> Scene:
    def run(p: Process) -> None:
        for act in acts:
            act(p)

    return run


# Address space
scene("mmap", nothing, lambda p: p.mmap(None, 2 * PAGE, RW, ANON))
scene("mmap_merges", nothing, lambda p: p.mmap(A + 4 * PAGE, PAGE, RW, FIXED))
scene("mmap_over_another", touched, lambda p: p.mmap(A, PAGE, R, FIXED))
scene("mmap_file", opened, lambda p: p.mmap(F, PAGE, R, Map.MAP_SHARED | Map.MAP_FIXED, 3, 0))
scene("mmap_shared", nothing, lambda p: p.mmap(F, PAGE, RW, Map.MAP_SHARED | Map.MAP_ANONYMOUS))
scene("mmap_refused", nothing, lambda p: p.mmap(None, PAGE, RW, ANON, -1, 7))
scene("munmap", touched, lambda p: p.munmap(A, 4 * PAGE))
scene("munmap_middle", nothing, lambda p: p.munmap(A + PAGE, PAGE))
scene("mprotect", touched, lambda p: p.mprotect(A, PAGE, R))
scene("mprotect_merges", lambda p: p.mprotect(A, PAGE, R), lambda p: p.mprotect(A, PAGE, RW))
scene("mremap_grows", nothing, lambda p: p.mremap(A, 4 * PAGE, 5 * PAGE))
scene(
    "mremap_moves",
    both(touched, lambda p: p.mmap(A + 4 * PAGE, PAGE, R, FIXED)),
    lambda p: p.mremap(A, 4 * PAGE, 8 * PAGE, Mremap.MREMAP_MAYMOVE),
)
scene(
    "mremap_moves_a_table",
    both(
        lambda p: p.mmap(0x20000000, 2 << 20, RW, FIXED),
        lambda p: p.store(0x20000000, b"x"),
        lambda p: p.mmap(0x20200000, PAGE, R, FIXED),
    ),
    lambda p: p.mremap(
        0x20000000, 2 << 20, 2 << 20, Mremap.MREMAP_MAYMOVE | Mremap.MREMAP_FIXED, 0x30000000
    ),
)
scene(
    "remap_file_pages",
    mapped_file(Map.MAP_SHARED),
    lambda p: p.remap_file_pages(F, PAGE, 0, 1, Map.MAP_NONBLOCK),
)
scene("brk", nothing, lambda p: p.brk(A + 5 * PAGE))
scene("brk_asks", nothing, lambda p: p.brk(0))
scene(
    "brk_refused",
    lambda p: p.mmap(A + 4 * PAGE, PAGE, R, FIXED),
    lambda p: p.brk(A + 5 * PAGE),
)
scene("madvise_dontneed", touched, lambda p: p.madvise(A, PAGE, Madv.MADV_DONTNEED))
scene("madvise_free", touched, lambda p: p.madvise(A, PAGE, Madv.MADV_FREE))
scene("madvise_dontfork", nothing, lambda p: p.madvise(A, 4 * PAGE, Madv.MADV_DONTFORK))
scene("madvise_guard_install", touched, lambda p: p.madvise(A, PAGE, Madv.MADV_GUARD_INSTALL))
scene(
    "madvise_guard_remove",
    lambda p: p.madvise(A, PAGE, Madv.MADV_GUARD_INSTALL),
    lambda p: p.madvise(A, PAGE, Madv.MADV_GUARD_REMOVE),
)
scene(
    "madvise_remove",
    both(mapped_file(Map.MAP_SHARED), lambda p: p.load(F)),
    lambda p: p.madvise(F, PAGE, Madv.MADV_REMOVE),
)
scene("swap_out", touched, lambda p: p.madvise(A, PAGE, Madv.MADV_PAGEOUT))
scene("swap_in", swapped, lambda p: [p.load(A), p.load(A + PAGE)])
scene("swap_free", swapped, lambda p: p.munmap(A, 2 * PAGE))
scene("swap_moved", swapped, lambda p: p.mremap(A, PAGE, PAGE, 3, 0x20000000))
scene("mlock", nothing, lambda p: p.mlock(A, PAGE))
scene("mlock2", nothing, lambda p: p.mlock2(A, PAGE, Mlock.MLOCK_ONFAULT))
scene("mlockall", touched, lambda p: p.mlockall(Mcl.MCL_CURRENT | Mcl.MCL_FUTURE))
scene("mlockall_again", lambda p: p.mlockall(2), lambda p: p.mlockall(Mcl.MCL_FUTURE | 4))
scene("munlockall", lambda p: p.mlockall(3), lambda p: p.munlockall())
scene("munlock", lambda p: p.mlock(A, 4 * PAGE), lambda p: p.munlock(A, 4 * PAGE))
scene("mincore", touched, lambda p: p.mincore(A, 2 * PAGE))
scene("msync", mapped_file(Map.MAP_SHARED), lambda p: p.msync(F, PAGE, Ms.MS_SYNC))
scene("mseal", nothing, lambda p: p.mseal(A, 4 * PAGE))
scene("munmap_sealed", lambda p: p.mseal(A, 4 * PAGE), lambda p: p.munmap(A, PAGE))

# Files
KEEP_SIZE = Falloc.FALLOC_FL_KEEP_SIZE
scene("open", nothing, lambda p: p.open("/new", Open.O_RDWR | Open.O_CREAT))
scene("open_refused", nothing, lambda p: p.open("/none"))
scene("openat", both(opened, lambda p: p.open("/")), lambda p: p.openat(4, "a.dat"))
scene("open_tmpfile", nothing, lambda p: p.openat(AT_FDCWD, "/", Open.O_TMPFILE | Open.O_RDWR))
scene("fstat", both(opened, touched), lambda p: p.fstat(3, A))
scene("lseek", opened, lambda p: p.lseek(3, 0, Seek.SEEK_END))
scene("lseek_data", opened, lambda p: p.lseek(3, 2, Seek.SEEK_DATA))
scene("lseek_refused", opened, lambda p: p.lseek(3, 11, Seek.SEEK_HOLE))
scene("fcntl_flags", opened, lambda p: p.fcntl(3, Fcntl.F_SETFL, Open.O_APPEND))
scene("memfd_create", nothing, lambda p: p.memfd_create("x"))
scene("pipe", nothing, lambda p: p.pipe())
scene("dup2", opened, lambda p: p.dup2(3, 7))
scene(
    "fcntl_seals",
    lambda p: p.memfd_create("x", Mfd.MFD_ALLOW_SEALING),
    lambda p: p.fcntl(3, Fcntl.F_ADD_SEALS, Seal.F_SEAL_WRITE | Seal.F_SEAL_GROW),
)
scene("fcntl_cloexec", opened, lambda p: p.fcntl(3, Fcntl.F_SETFD, Fd.FD_CLOEXEC))
scene("fcntl_dup", opened, lambda p: p.fcntl(3, Fcntl.F_DUPFD, 10))
scene("close", opened, lambda p: p.close(3))
scene(
    "ftruncate",
    both(mapped_file(Map.MAP_SHARED), lambda p: p.load(F + PAGE)),
    lambda p: p.ftruncate(3, 100),
)
scene(
    "fsync",
    both(mapped_file(Map.MAP_SHARED), lambda p: p.store(F, b"s")),
    lambda p: (p.fsync(3), p.store(F, b"t")),
)
scene("fdatasync", mapped_file(Map.MAP_SHARED), lambda p: p.fdatasync(3))
scene("sync", opened, lambda p: p.sync())
scene("fallocate_disk", opened, lambda p: p.fallocate(3, 0, 0, 3 * PAGE))
scene("fallocate_disk_keep", opened, lambda p: p.fallocate(3, KEEP_SIZE, 0, 3 * PAGE))
scene("fallocate", opened_in_memory, lambda p: p.fallocate(3, 0, 0, 3 * PAGE))
scene("fallocate_keep", opened_in_memory, lambda p: p.fallocate(3, KEEP_SIZE, PAGE, 1))
scene(
    "fallocate_used",
    both(mapped_file(Map.MAP_SHARED, name=IN_MEMORY), lambda p: p.fallocate(3, 0, 0, 3 * PAGE)),
    lambda p: p.load(F + 2 * PAGE),
)
scene(
    "fallocate_hole",
    both(mapped_file(Map.MAP_SHARED, name=IN_MEMORY), lambda p: p.load(F)),
    lambda p: p.fallocate(3, HOLE, 0, PAGE + 5),
)
scene("read", both(opened, touched), lambda p: p.read(3, A, 5))
scene("write", both(opened, touched), lambda p: p.write(3, A, 5))
scene("pread", both(opened, touched), lambda p: p.pread(3, A, 4, 7))
scene("pwrite", both(opened, touched), lambda p: p.pwrite(3, A, 4, 7))
scene("readv", both(opened, pieces), lambda p: p.readv(3, A, 2))
scene("writev", both(opened, pieces), lambda p: p.writev(3, A, 2))
scene("preadv", both(opened, pieces), lambda p: p.preadv(3, A, 2, 1))
scene("pwritev", both(opened, pieces), lambda p: p.pwritev(3, A, 2, 20))
scene("read_into_nothing", opened, lambda p: p.read(3, 0x5000, 5))

# Descriptors and paths
scene("pipe2", nothing, lambda p: p.pipe2(Open.O_CLOEXEC))
scene("pipe2_refused", nothing, lambda p: p.pipe2(1))
scene("pipe_written", both(touched, lambda p: p.pipe()), lambda p: p.write(4, A, 5))
scene("pipe_more", both(in_pipe, touched), lambda p: p.write(4, A, 5))
scene("pipe_read", in_pipe, lambda p: p.read(3, A, 3))
scene("pipe_empty", both(touched, lambda p: p.pipe()), lambda p: p.read(3, A, 3))
scene("pipe_full", both(touched, full_pipe), lambda p: p.write(4, A, 5))
scene("pipe_ended", both(in_pipe, lambda p: p.close(3)), lambda p: p.write(4, A, 5))
scene("dup", opened, lambda p: p.dup(3))
scene("dup3", opened, lambda p: p.dup3(3, 9, Open.O_CLOEXEC))
scene("dup3_refused", opened, lambda p: p.dup3(3, 3))
scene("close_range", opened, lambda p: p.close_range(3, 9))
scene("ioctl", both(opened, touched), lambda p: p.ioctl(3, Ioctl.FIONREAD, A))
scene("ioctl_refused", both(opened, touched), lambda p: p.ioctl(3, Ioctl.TCGETS, A))
scene("truncate", opened, lambda p: p.truncate("/a.dat", 5))
scene("truncate_refused", nothing, lambda p: p.truncate("/", 5))
scene("flock", opened, lambda p: p.flock(3, 2))
scene("flock_shared", opened, lambda p: p.flock(3, 1))
scene("flock_free", both(opened, lambda p: p.flock(3, 2)), lambda p: p.flock(3, 8))
scene("flock_same", opened, lambda p: p.flock(3, 8))
scene("fcntl_setlk", part_to_lock, lambda p: p.fcntl(3, 6, A))
scene("flock_refused", opened, lambda p: p.flock(3, 3))
scene("copy_file_range", opened, lambda p: p.copy_file_range(3, None, 3, None, 0))
scene(
    "copy_file_range_refused", lambda p: p.pipe(), lambda p: p.copy_file_range(3, None, 4, None, 9)
)
scene("sendfile", both(opened, lambda p: p.pipe()), lambda p: p.sendfile(5, 3, None, 9))
scene("sendfile_refused", lambda p: p.pipe(), lambda p: p.sendfile(4, 3, None, 9))
scene("getdents64", both(touched, lambda p: p.open("/dev")), lambda p: p.getdents64(3, A, 200))
scene("poll", both(in_pipe, pollfds(3)), lambda p: p.poll(A, 1, 0))
scene("poll_sleeps", both(lambda p: p.pipe(), pollfds(3)), lambda p: p.poll(A, 1, 1000))
scene("ppoll", both(lambda p: p.pipe(), pollfds(4)), lambda p: p.ppoll(A, 1))
scene("select", both(in_pipe, signals(4)), lambda p: p.select(4, A))
scene("pselect6", both(in_pipe, signals(4)), lambda p: p.pselect6(4, A))
scene("eventfd", nothing, lambda p: p.eventfd(3))
scene("eventfd2", nothing, lambda p: p.eventfd2(0, 0x800))
scene("eventfd2_refused", nothing, lambda p: p.eventfd2(0, 2))
scene("eventfd_read", eventfd, lambda p: p.read(3, A, 8))
scene("eventfd_write", eventfd, lambda p: p.write(3, A, 8))
scene("epoll_create", nothing, lambda p: p.epoll_create())
scene("epoll_create1", nothing, lambda p: p.epoll_create1())
scene("epoll_ctl", both(eventfd, lambda p: p.epoll_create1()), lambda p: p.epoll_ctl(4, 1, 3, A))
scene("epoll_ctl_refused", both(opened, watched_file), lambda p: p.epoll_ctl(4, 1, 3, A))
scene("epoll_ready", both(lambda p: p.pipe(), watched(3)), lambda p: p.write(4, A, 5))
scene("epoll_wait", both(in_pipe, watched(3)), lambda p: p.epoll_wait(5, A, 4, 0))
scene(
    "epoll_wait_sleeps", both(lambda p: p.pipe(), watched(3)), lambda p: p.epoll_wait(5, A, 4, -1)
)
scene("epoll_pwait", both(in_pipe, watched(3)), lambda p: p.epoll_pwait(5, A, 4, 0))
scene("epoll_pwait2", both(in_pipe, watched(3)), lambda p: p.epoll_pwait2(5, A, 4))
scene("timerfd_create", nothing, lambda p: p.timerfd_create(1))
scene("timerfd_settime", timerfd, lambda p: p.timerfd_settime(3, 0, A))
scene("timerfd_gettime", timerfd, lambda p: p.timerfd_gettime(3, A))
scene("signalfd", signals(10), lambda p: p.signalfd(-1, A))
scene("signalfd4", signals(10), lambda p: p.signalfd4(-1, A, 8, 0x800))
scene("socket", nothing, lambda p: p.socket(1, 1))
scene("socket_refused", nothing, lambda p: p.socket(16, 1))
scene("bind", named, lambda p: p.bind(3, A, 16))
scene("bind_refused", both(named, lambda p: p.bind(3, A, 16)), lambda p: p.bind(3, A, 16))
scene("listen", both(named, lambda p: p.bind(3, A, 16)), lambda p: p.listen(3, 5))
scene("connect", listening, lambda p: p.connect(4, A, 16))
scene("connect_refused", named, lambda p: p.connect(3, A, 16))
scene("accept", both(listening, lambda p: p.connect(4, A, 16)), lambda p: p.accept(3))
scene("accept4", listening, lambda p: p.accept4(3))
scene("mq_open", nothing, lambda p: p.mq_open("jobs", 0o102, 0o600))
scene("mq_unlink", mqueue, lambda p: p.mq_unlink("jobs"))
scene("mq_timedsend", mqueue, lambda p: p.mq_timedsend(3, A, 5, 1))
scene(
    "mq_timedreceive",
    both(mqueue, lambda p: p.mq_timedsend(3, A, 5, 1)),
    lambda p: p.mq_timedreceive(3, A, 8192),
)
scene("mq_timedreceive_sleeps", mqueue, lambda p: p.mq_timedreceive(3, A, 8192))
scene("mq_notify", both(mqueue, lambda p: p.store(A, bytes(16))), lambda p: p.mq_notify(3, A))
scene("mq_getsetattr", mqueue, lambda p: p.mq_getsetattr(3, None, A))
scene("statfs", touched, lambda p: p.statfs("/dev", A))
scene("fstatfs", both(opened, touched), lambda p: p.fstatfs(3, A))
scene("socketpair", nothing, lambda p: p.socketpair(1, 1))
scene("sendto", sockets, lambda p: p.sendto(3, A, 5))
scene("recvfrom", both(sockets, lambda p: p.sendto(3, A, 5)), lambda p: p.recvfrom(4, A, 9))
scene("sendmsg", packet, lambda p: p.sendmsg(3, A + 64))
scene("recvmsg", both(packet, lambda p: p.write(3, A, 5)), lambda p: p.recvmsg(4, A + 64))
scene("shutdown", sockets, lambda p: p.shutdown(3, 1))
scene("socket_ended", both(sockets, lambda p: p.close(3)), lambda p: p.write(4, A, 5))
scene("getsockname", both(sockets, room), lambda p: p.getsockname(3, A, A + 64))
scene("getpeername", both(sockets, room), lambda p: p.getpeername(3, A, A + 64))
scene("getsockopt", both(sockets, room), lambda p: p.getsockopt(3, 1, 3, A, A + 64))
scene("setsockopt", sockets, lambda p: p.setsockopt(3, 1, 7, A, 4))
# Names, rights, owners and times
TO_A = ("/a.dat", "/link")
EXCHANGED = Rename.RENAME_EXCHANGE
scene("creat", nothing, lambda p: p.creat("/new", 0o600))
scene("getdents", both(touched, lambda p: p.open("/dev")), lambda p: p.getdents(3, A, 200))
scene("symlink", opened, lambda p: p.symlink(*TO_A))
scene("symlink_refused", opened, lambda p: p.symlink("x", "/a.dat"))
scene("symlinkat", opened, lambda p: p.symlinkat("a.dat", AT_FDCWD, "link"))
scene("symlink_followed", both(opened, lambda p: p.symlink(*TO_A)), lambda p: p.open("/link"))
scene("symlink_loop", lambda p: p.symlink("loop", "/loop"), lambda p: p.open("/loop"))
scene(
    "symlink_not_followed",
    lambda p: p.symlink("x", "/link"),
    lambda p: p.open("/link", Open.O_NOFOLLOW),
)
scene("link", opened, lambda p: p.link("/a.dat", "/b.dat"))
scene("link_refused", nothing, lambda p: p.link("/dev", "/b"))
scene("linkat", opened, lambda p: p.linkat(3, "", AT_FDCWD, "b.dat", At.AT_EMPTY_PATH))
scene(
    "linkat_gone",
    both(opened, lambda p: p.unlink("/a.dat")),
    lambda p: p.linkat(3, "", AT_FDCWD, "b.dat", At.AT_EMPTY_PATH),
)
scene("mknod", nothing, lambda p: p.mknod("/fifo", S_IFIFO | 0o644))
scene("mknod_directory", nothing, lambda p: p.mknod("/d", 0o40755))
scene("mknod_unknown", nothing, lambda p: p.mknod("/d", 0o30755))
scene("mknodat", nothing, lambda p: p.mknodat(AT_FDCWD, "zero", 0o20666, 0x105))
scene("no_such_device", lambda p: p.mknod("/odd", 0o20666, 0x155), lambda p: p.open("/odd"))
scene("fifo_waits", lambda p: p.mknod("/fifo", S_IFIFO | 0o644), lambda p: p.open("/fifo"))
scene("fifo_waits_too", lambda p: p.mknod("/fifo", S_IFIFO | 0o644), lambda p: p.open("/fifo", 1))
scene("renameat2", opened, lambda p: p.renameat2(AT_FDCWD, "a.dat", AT_FDCWD, "b"))
scene(
    "renameat2_exchange",
    both(opened, lambda p: p.mkdir("/d")),
    lambda p: p.renameat2(AT_FDCWD, "a.dat", AT_FDCWD, "d", EXCHANGED),
)
scene("chmod", opened, lambda p: p.chmod("/a.dat", 0o640))
scene("chmod_same", opened, lambda p: p.chmod("/a.dat", 0o777))
scene("chmod_proc", lambda p: p.machine.fs.furnish(), lambda p: p.chmod("/proc/self/maps", 0))
scene("fchmod", opened, lambda p: p.fchmod(3, 0o640))
scene("fchmodat", opened, lambda p: p.fchmodat(AT_FDCWD, "a.dat", 0o640))
scene("fchmodat2", opened, lambda p: p.fchmodat2(3, "", 0o640, At.AT_EMPTY_PATH))
scene(
    "fchmodat2_link",
    lambda p: p.symlink("x", "/link"),
    lambda p: p.fchmodat2(AT_FDCWD, "link", 0, At.AT_SYMLINK_NOFOLLOW),
)
scene("chown", opened, lambda p: p.chown("/a.dat", 1000, -1))
scene("chown_same", opened, lambda p: p.chown("/a.dat", -1, -1))
scene("fchown", opened, lambda p: p.fchown(3, 1000, 100))
scene("lchown", both(opened, lambda p: p.symlink(*TO_A)), lambda p: p.lchown("/link", 5, 6))
scene("fchownat", opened, lambda p: p.fchownat(AT_FDCWD, "a.dat", 1, 2))
scene("utime", opened, lambda p: p.utime("/a.dat"))
scene("utimes", opened, lambda p: p.utimes("/a.dat"))
scene("futimesat", opened, lambda p: p.futimesat(3, None))
scene("utimensat", opened, lambda p: p.utimensat(AT_FDCWD, "a.dat"))
scene(
    "utimensat_refused",
    both(opened, lambda p: (touched(p), p.store(A + 8, b"\xff" * 8))),
    lambda p: p.utimensat(AT_FDCWD, "a.dat", A),
)
scene("fadvise64", opened, lambda p: p.posix_fadvise(3, 0, 0, Fadvise.POSIX_FADV_WILLNEED))
scene("fadvise64_refused", opened, lambda p: p.posix_fadvise(3, 0, 0, 9))
scene(
    "readahead", both(opened, lambda p: p.ftruncate(3, 5 * PAGE)), lambda p: p.readahead(3, 0, PAGE)
)
scene("sync_file_range", opened, lambda p: p.sync_file_range(3, 0, 0, 2))
scene("file_symlink", opened, lambda p: p.machine.fs.symlink("a.dat", "/d/link"))

scene("statx", both(opened, touched), lambda p: p.statx(AT_FDCWD, "/a.dat", 0, 0x7FF, A))
scene("faccessat2", opened, lambda p: p.faccessat2(AT_FDCWD, "a.dat", Access.F_OK, 0x200))
scene("stat", both(opened, touched), lambda p: p.stat("/a.dat", A))
scene("lstat", both(opened, touched), lambda p: p.lstat("/a.dat", A))
scene("newfstatat", both(opened, touched), lambda p: p.newfstatat(3, "", A, At.AT_EMPTY_PATH))
scene("access", opened, lambda p: p.access("/a.dat", Access.R_OK | Access.W_OK))
scene("access_refused", nothing, lambda p: p.access("/dev/null", Access.X_OK))
scene("faccessat", opened, lambda p: p.faccessat(AT_FDCWD, "a.dat", Access.F_OK))
scene("readlink", opened, lambda p: p.readlink("/a.dat", A, 64))
scene("readlinkat", opened, lambda p: p.readlinkat(AT_FDCWD, "a.dat", A, 64))
scene("getcwd", touched, lambda p: p.getcwd(A, 64))
scene("getcwd_refused", touched, lambda p: p.getcwd(A, 1))
scene("chdir", nothing, lambda p: p.chdir("/dev"))
scene("fchdir", lambda p: p.open("/dev"), lambda p: p.fchdir(3))
scene("mkdir", nothing, lambda p: p.mkdir("/d", 0o700))
scene("mkdirat", lambda p: p.open("/dev"), lambda p: p.mkdirat(3, "d"))
scene("rmdir", lambda p: p.mkdir("/d"), lambda p: p.rmdir("/d"))
scene("rmdir_refused", nothing, lambda p: p.rmdir("/dev"))
scene("unlink", lambda p: p.machine.fs.write("/f", b"x"), lambda p: p.unlink("/f"))
scene("unlinkat", lambda p: p.mkdir("/d"), lambda p: p.unlinkat(AT_FDCWD, "d", 0x200))
scene("unlink_refused", nothing, lambda p: p.unlink("/dev"))
scene("rename", opened, lambda p: p.rename("/a.dat", "/b.dat"))
scene("renameat", opened, lambda p: p.renameat(AT_FDCWD, "a.dat", AT_FDCWD, "b.dat"))
scene("umask", nothing, lambda p: p.umask(0o77))

# Shared memory of System V
scene("shmget", nothing, lambda p: p.shmget(0x1234, 2 * PAGE, Ipc.IPC_CREAT | 0o600))
scene("shmget_refused", nothing, lambda p: p.shmget(0x1234, 2 * PAGE))
scene("shmat", segment, lambda p: p.shmat(0, F))
scene("shmat_refused", segment, lambda p: p.shmat(0, A))
scene("shmdt", attached, lambda p: p.shmdt(F))
scene("shm_split", attached, lambda p: p.munmap(F, PAGE))
scene("shm_fork", attached, lambda p: p.fork())
scene("shmctl_stat", both(segment, touched), lambda p: p.shmctl(0, Shmctl.IPC_STAT, A))
scene("shmctl_dest", attached, lambda p: p.shmctl(0, Shmctl.IPC_RMID))
scene("shmctl_rmid", segment, lambda p: p.shmctl(0, Shmctl.IPC_RMID))
scene(
    "shmdt_destroys",
    both(attached, lambda p: p.shmctl(0, Shmctl.IPC_RMID)),
    lambda p: p.shmdt(F),
)
scene("shmctl_lock", segment, lambda p: p.shmctl(0, Shmctl.SHM_LOCK))
scene(
    "shmctl_unlock",
    both(segment, lambda p: p.shmctl(0, Shmctl.SHM_LOCK)),
    lambda p: p.shmctl(0, Shmctl.SHM_UNLOCK),
)

# Semaphores of System V
scene("semget", nothing, lambda p: p.semget(0x1234, 3, Ipc.IPC_CREAT | 0o600))
scene("semget_refused", nothing, lambda p: p.semget(0x1234, 3))
scene("semop", semaphores, lambda p: p.semop(0, A, 1))
scene("semop_wakes", waits_for_semaphore, lambda p: p.semop(0, A, 1))
scene("semop_refused", both(semaphores, sops((0, -1, 0o4000))), lambda p: p.semop(0, A, 1))
scene(
    "semop_sleeps",
    both(semaphores, sops((0, -1, 0))),
    lambda p: sleeper(p).call("semop", 0, A, 1),
)
scene("semtimedop", semaphores, lambda p: p.semtimedop(0, A, 1))
scene("semctl_setval", semaphores, lambda p: p.semctl(0, 0, Semctl.SETVAL, 5))
scene("semctl_stat", semaphores, lambda p: p.semctl(0, 0, Semctl.IPC_STAT, A))
scene("semctl_set", both(semaphores, perm(*[0] * 7)), lambda p: p.semctl(0, 0, Semctl.IPC_SET, A))
scene("semctl_rmid", waits_for_semaphore, lambda p: p.semctl(0, 0, Semctl.IPC_RMID))
scene("sem_undo", undoes, lambda p: p.exit(0))

# Messages of System V
scene("msgget", nothing, lambda p: p.msgget(0x1234, Ipc.IPC_CREAT | 0o600))
scene("msgsnd", message, lambda p: p.msgsnd(0, A, 5))
scene("msgsnd_hands", waits_for_message, lambda p: p.msgsnd(0, A, 5))
scene("msgsnd_sleeps", full_queue, lambda p: sleeper(p).call("msgsnd", 0, A, 5, 0))
scene("msgrcv", sent, lambda p: p.msgrcv(0, A, 5))
scene("msgrcv_wakes", full_queue, lambda p: p.msgrcv(0, A, 8192))
scene("msgrcv_sleeps", message, lambda p: sleeper(p).call("msgrcv", 0, A, 5, 0, 0))
scene("msgrcv_refused", message, lambda p: p.msgrcv(0, A, 5, 0, Msgrcv.IPC_NOWAIT))
scene("msgctl_stat", sent, lambda p: p.msgctl(0, Msgctl.IPC_STAT, A))
scene(
    "msgctl_set",
    both(message, perm(0, 0, 0, 0, 0, 1000, 0, 0, 0)),
    lambda p: p.msgctl(0, Msgctl.IPC_SET, A),
)
scene("msgctl_rmid", sent, lambda p: p.msgctl(0, Msgctl.IPC_RMID))

# Life
scene("fork", touched, lambda p: p.fork())
scene("vfork", nothing, lambda p: p.vfork().exit(0))
scene("clone", nothing, lambda p: p.clone(Clone.CLONE_VM | Clone.CLONE_FILES))
scene(
    "clone_tells_tids",
    touched,
    lambda p: p.clone(
        Clone.CLONE_PARENT_SETTID | Clone.CLONE_CHILD_SETTID | Clone.CLONE_SETTLS, 0, A, A + 8, A
    ),
)
scene(
    "clone_refused",
    nothing,
    lambda p: p.clone(Clone.CLONE_VM | Clone.CLONE_SETTLS, tls=1 << 63),
)
scene("futex_queue", touched, lambda p: sleeper(p).futex(A + 8, 0, 0))
scene("futex_wake", asleep, lambda p: p.futex(A + 8, 1, 1))
scene("futex_nobody", touched, lambda p: p.futex(A + 8, 1, 1))
scene("futex_requeue", asleep, lambda p: p.futex(A + 8, 3, 0, 1, A + 16))
scene("futex_refused", touched, lambda p: p.futex(A, 0, 0))
scene("set_robust_list", nothing, lambda p: p.set_robust_list(A, 24))
scene("get_robust_list", touched, lambda p: p.get_robust_list(0, A, A + 8))
scene("rseq", touched, lambda p: p.rseq(A + 32, 32, 0, 0))
scene("rseq_nowhere", lambda p: p.rseq(A, 32, 0, 0), lambda p: p.rseq(A, 32, 1, 0))
scene("sched_yield", nothing, lambda p: p.sched_yield())
scene("nanosleep", touched, lambda p: p.nanosleep(A + 32))
scene("nanosleep_long", touched, lambda p: Thread(p).call("nanosleep", A))
scene(
    "time_comes",
    both(touched, lambda p: Thread(p).call("nanosleep", A)),
    lambda p: p._time_comes(),
)
scene("clock_nanosleep", touched, lambda p: p.clock_nanosleep(1, 1, A + 32))
scene("clone3", touched, lambda p: p.clone3(A + 64, 88))
scene("set_tid_address", nothing, lambda p: p.set_tid_address(A))
scene("set_tid_address_nowhere", nothing, lambda p: p.set_tid_address(0))
scene(
    "exit_clears_tid",
    both(touched, lambda p: p.set_tid_address(A), lambda p: p.clone(Clone.CLONE_VM)),
    lambda p: p.exit_thread(0),
)
scene(
    "process_vm_readv",
    both(pieces, lambda p: p.fork()),
    lambda p: p.process_vm_readv(p.pid + 1, A, 2, A, 1),
)
scene(
    "process_vm_writev",
    both(pieces, lambda p: p.fork()),
    lambda p: p.process_vm_writev(p.pid + 1, A, 2, A, 1),
)
scene("process_vm_of_nothing", pieces, lambda p: p.process_vm_readv(p.pid, A, 2, A, 0))
scene("process_vm_refused", pieces, lambda p: p.process_vm_readv(5, A, 2, A, 2))
scene("pidfd_open", lambda p: p.fork(), lambda p: p.pidfd_open(p.pid + 1))
scene("pidfd_open_refused", nothing, lambda p: p.pidfd_open(5, 1))
scene(
    "process_madvise",
    both(pieces, lambda p: (p.store(A + PAGE, b"x"), p.fork(), p.pidfd_open(p.pid + 1))),
    lambda p: p.process_madvise(3, A + 16, 1, Madv.MADV_COLD),
)
scene(
    "process_madvise_refused",
    both(pieces, lambda p: p.pidfd_open(p.pid)),
    lambda p: p.process_madvise(3, A, 2, Madv.MADV_COLD),
)
scene("exit", touched, lambda p: p.exit(3))
scene(
    "exit_thread",
    lambda p: p.clone(Clone.CLONE_VM | Clone.CLONE_SIGHAND | Clone.CLONE_THREAD),
    lambda p: p.exit_thread(0),
)
scene("wait", lambda p: p.fork().exit(3), lambda p: p.wait())
scene("wait_nobody", lambda p: p.fork(), lambda p: p.wait(options=Wait.WNOHANG))
scene("wait_stores", both(touched, lambda p: p.fork().exit(3)), lambda p: p.wait(1001, 0, A, A))
scene("getrusage", touched, lambda p: p.getrusage(Rusage.RUSAGE_SELF, A))
scene("getrusage_refused", touched, lambda p: p.getrusage(7, A))
scene("sysinfo", touched, lambda p: p.sysinfo(A))
scene("times", touched, lambda p: p.times(A))
scene("getpriority", nothing, lambda p: p.getpriority(Prio.PRIO_PROCESS))
scene("sched_getaffinity", touched, lambda p: p.sched_getaffinity(0, 8, A))
scene("getcpu", touched, lambda p: p.getcpu(A))
scene("clock_gettime", touched, lambda p: p.clock_gettime(Clock.CLOCK_MONOTONIC, A))
scene("clock_getres", touched, lambda p: p.clock_getres(Clock.CLOCK_REALTIME, A))
scene("gettimeofday", touched, lambda p: p.gettimeofday(A))
scene("time", touched, lambda p: p.time())
scene("getpid", nothing, lambda p: p.getpid())
scene("gettid", nothing, lambda p: p.gettid())
scene("getppid", nothing, lambda p: p.getppid())
scene("getuid", nothing, lambda p: p.getuid())
scene("geteuid", nothing, lambda p: p.geteuid())
scene("getgid", nothing, lambda p: p.getgid())
scene("getegid", nothing, lambda p: p.getegid())
scene("getpgrp", nothing, lambda p: p.getpgrp())
scene("getpgid", nothing, lambda p: p.getpgid(0))
scene("getsid", nothing, lambda p: p.getsid(0))
scene("setpgid", lambda p: p.fork(), lambda p: p.setpgid(1001, 0))
scene("setpgid_refused", nothing, lambda p: p.setpgid(0, -1))
scene("setsid", nothing, lambda p: p.setsid())
scene("uname", touched, lambda p: p.uname(A))
scene("getrandom", touched, lambda p: p.getrandom(A, 12))
scene("getrandom_refused", touched, lambda p: p.getrandom(A, 12, 8))
scene("prctl_name", lambda p: p.store(A, b"tea\0"), lambda p: p.prctl(Pr.PR_SET_NAME, A))
scene("prctl_thp", nothing, lambda p: p.prctl(Pr.PR_SET_THP_DISABLE, 1))
scene("prctl_asks", nothing, lambda p: p.prctl(Pr.PR_GET_THP_DISABLE))
scene("prctl_refused", nothing, lambda p: p.prctl(Pr.PR_SET_MM, 1))
scene("membarrier_registers", nothing, lambda p: p.membarrier(16))
scene("membarrier_asks", nothing, lambda p: p.membarrier(Membarrier.MEMBARRIER_CMD_QUERY))
scene("membarrier", nothing, lambda p: p.membarrier(Membarrier.MEMBARRIER_CMD_GLOBAL))
scene("membarrier_refused", nothing, lambda p: p.membarrier(8))
scene("arch_prctl", nothing, lambda p: p.arch_prctl(Arch.ARCH_SET_FS, A))
scene("arch_prctl_asks", touched, lambda p: p.arch_prctl(Arch.ARCH_GET_FS, A))
scene("setrlimit_hard", nothing, lambda p: p.setrlimit(Rlimit.RLIMIT_DATA, 1 << 20, 1 << 21))
scene("getrlimit", touched, lambda p: p.getrlimit(Rlimit.RLIMIT_STACK, A))
scene("prlimit", lambda p: p.fork(), lambda p: p.prlimit(1001, Rlimit.RLIMIT_AS, (1 << 30, -1)))
scene("prlimit_asks", nothing, lambda p: p.prlimit(0, Rlimit.RLIMIT_CORE))
scene("setrlimit", nothing, lambda p: p.setrlimit(Rlimit.RLIMIT_STACK, 1 << 20))
scene("personality_usual", nothing, lambda p: p.personality(0))
scene("personality", nothing, lambda p: p.personality(ADDR_COMPAT_LAYOUT))
scene("sigaction", nothing, lambda p: p.sigaction(11))
scene("execve_refused", nothing, lambda p: p.execve("/none"))
scene("execve", lambda p: p.machine.spawn(), lambda p: p.execve("/bin/a.out"))

# Memory accesses and faults
scene("tlb_hit", touched, lambda p: p.load(A, 5))
scene("fault_first_write", nothing, lambda p: p.store(A, b"x"))
scene("fault_zero_page", nothing, lambda p: p.load(A))
scene("fault_write_after_zero_page", lambda p: p.load(A), lambda p: p.store(A, b"x"))
scene("fault_copy_on_write", both(touched, lambda p: p.fork()), lambda p: p.store(A, b"x"))
scene(
    "fault_last_owner",
    both(touched, lambda p: p.fork().exit(0), lambda p: p.wait()),
    lambda p: p.store(A, b"x"),
)
scene("fault_file_read", mapped_file(Map.MAP_SHARED), lambda p: p.load(F))
scene("fault_file_private_write", mapped_file(Map.MAP_PRIVATE), lambda p: p.store(F, b"x"))
scene(
    "fault_file_write_after_read",
    both(mapped_file(Map.MAP_PRIVATE), lambda p: p.load(F)),
    lambda p: p.store(F, b"x"),
)
scene("fault_shared_write", mapped_file(Map.MAP_SHARED), lambda p: p.store(F, b"x"))
scene(
    "fault_disk_hole",
    both(mapped_file(Map.MAP_SHARED), lambda p: p.ftruncate(3, 3 * PAGE)),
    lambda p: p.load(F + 2 * PAGE),
)
scene(
    "fault_hole",
    both(mapped_file(Map.MAP_SHARED, name=IN_MEMORY), lambda p: p.ftruncate(3, 3 * PAGE)),
    lambda p: p.load(F + 2 * PAGE),
)
scene("fault_past_the_end", mapped_file(Map.MAP_SHARED), lambda p: p.load(F + 2 * PAGE))
scene("fault_nothing_mapped", nothing, lambda p: p.load(0x5000))
scene("fault_write_refused", lambda p: p.mprotect(A, 4 * PAGE, R), lambda p: p.store(A, b"x"))
scene("fault_execute_refused", touched, lambda p: p.fetch(A))
scene(
    "fault_prot_none",
    both(touched, lambda p: p.mprotect(A, 4 * PAGE, 0)),
    lambda p: p.load(A),
)
scene("fault_guard", lambda p: p.madvise(A, PAGE, Madv.MADV_GUARD_INSTALL), lambda p: p.load(A))
scene("fault_stack_grows", nothing, lambda p: p.store(0x7FFFFF000000 - 8, b"x"))
scene(
    "fault_stack_limit",
    lambda p: p.setrlimit(Rlimit.RLIMIT_STACK, 2 * PAGE),
    lambda p: p.store(0x7FFFFF000000 - 8, b"x"),
)
scene("fault_not_canonical", nothing, lambda p: p.load(1 << 62))
scene("sigprocmask", signals(15), lambda p: p.rt_sigprocmask(0, A))
scene("sigaltstack", stack(A, 0, 2 * PAGE), lambda p: p.sigaltstack(A))
scene("sigpending", touched, lambda p: p.rt_sigpending(A))
scene("sigtimedwait", waiting(15), lambda p: p.rt_sigtimedwait(A))
scene("sigtimedwait_over", both(signals(15), no_time), lambda p: p.rt_sigtimedwait(A, 0, A + 64))
scene("sigsuspend", signals(15), lambda p: p.rt_sigsuspend(A))
scene("pause", nothing, lambda p: p.pause())
scene("sigreturn", nothing, lambda p: p.rt_sigreturn())
scene("kill_stops", Process.fork, lambda p: p.kill(1001, 19))
scene("kill_lets_go_on", stopped, lambda p: p.kill(1001, 18))
scene("wait_stopped", stopped, lambda p: p.wait(options=Wait.WUNTRACED))
scene("wait_continued", went_on, lambda p: p.wait(options=Wait.WCONTINUED))
scene("waitid", both(stopped, touched), lambda p: p.waitid(0, 0, A, Wait.WUNTRACED))
scene("waitid_refused", nothing, lambda p: p.waitid(0, 0, None, 0))
scene("alarm", nothing, lambda p: p.alarm(5))
scene("setitimer", both(touched, lambda p: p.alarm(5)), lambda p: p.setitimer(0, None, A))
scene("getitimer", both(touched, lambda p: p.alarm(5)), lambda p: p.getitimer(0, A))
scene("kill", Process.fork, lambda p: p.kill(1001, 15))
scene("kill_nobody", nothing, lambda p: p.kill(77, 15))
scene("tkill", lambda p: p.sigaction(10), lambda p: p.tkill(1000, 10))
scene("tgkill", nothing, lambda p: p.tgkill(1000, 1000, 17))
scene("fault_handled", handled(11), lambda p: p._touch(0x5000, READ, 1))
scene("rt_sigqueueinfo", with_value, lambda p: p.rt_sigqueueinfo(p.pid, 18, A))
scene(
    "rt_tgsigqueueinfo",
    both(lambda p: p.sigaction(34), with_value),
    lambda p: p.rt_tgsigqueueinfo(p.pid, p.pid, 34, A),
)
scene("rt_sigqueueinfo_refused", touched, lambda p: p.rt_sigqueueinfo(1, 34, A + 64))
scene("ticks", ticking, lambda p: p._tick(1000))
scene("timer_create", touched, lambda p: p.timer_create(Clock.CLOCK_MONOTONIC, None, A))
scene("timer_create_refused", touched, lambda p: p.timer_create(99, None, A))
scene("timer_settime", timed, lambda p: p.timer_settime(0, 0, A))
scene("timer_stopped", ticking, lambda p: p.timer_settime(0, 0, A + 128))
scene("timer_over", ticking, lambda p: p._time_comes())
scene(
    "timer_again",
    both(ticking, lambda p: p._time_comes()),
    lambda p: p.rt_sigtimedwait(A + 64, A + 128),
)
scene("timer_gettime", ticking, lambda p: p.timer_gettime(0, A))
scene("timer_getoverrun", timed, lambda p: p.timer_getoverrun(0))
scene("timer_delete", timed, lambda p: p.timer_delete(0))
scene("signal_handled", both(handled(10), lambda p: p.kill(1000, 10)), lambda p: p._interrupt())
scene("trap_handled", handled(8), lambda p: p._trap(0, 0))
scene("handler_returns", returns, lambda p: p._syscall_instruction())
scene("fault_survived", lambda p: p.sigaction(11), lambda p: p.load(0x5000))
scene(
    "no_fault_only_dirty",
    both(mapped_file(Map.MAP_SHARED, name=IN_MEMORY), lambda p: p.load(F)),
    lambda p: p.store(F, b"x"),
)
scene("add", touched, lambda p: p.add(A, 1))


def full(p: Process) -> None:
    """No frame is left."""
    p.machine.system.next_frame = p.machine.system.ram.nr_frames


scene("fault_out_of_memory", both(touched, full), lambda p: p.store(A + PAGE, b"x"))

# What the owner of the machine does


def borrow(p: Process) -> None:
    """A kernel thread runs between two accesses of the process."""
    p.machine.kthread("kswapd0").schedule()
    p.load(A)


scene("file_write", nothing, lambda p: p.machine.fs.write("/d/a.dat", b"x" * 5000))
scene("file_truncate", opened, lambda p: p.machine.fs.truncate("/a.dat", 3))
scene("file_link", opened, lambda p: p.machine.fs.link("/a.dat", "/d/b.dat"))
scene("file_unlink", opened, lambda p: (p.machine.fs.unlink("/a.dat"), p.close(3)))
scene("proc_mem_read", nothing, lambda p: p.proc_mem_read(A, 3))
scene(
    "proc_mem_write_read_only",
    both(touched, lambda p: p.mprotect(A, PAGE, R)),
    lambda p: p.proc_mem_write(A, b"breakpoint"),
)
scene("sysctl", nothing, lambda p: p.machine.sysctl("vm.overcommit_memory", 2))
scene("clear_refs", touched, lambda p: p.clear_refs(1))
scene("clear_refs_peak", touched, lambda p: p.clear_refs(5))
scene("clear_refs_soft_dirty", touched, lambda p: p.clear_refs(4))
scene("restore", touched, lambda p: p.machine.restore(p.machine.snapshot()))
scene("kernel_thread", touched, borrow)
scene("from_maps", nothing, lambda p: p.machine.from_maps(HEAP))


def stage(name: str) -> tuple[Machine, Scene]:
    """The machine before a scene, and the scene."""
    before, what = SCENES[name]
    m = Machine(ram=4 << 20, swap=1 << 20 if name.startswith("swap") else 0)
    p = m.from_maps(HEAP + MAPS.splitlines()[1] + "\n")
    p.brk(0)  # so that it runs
    before(p)
    return m, what


def recorded(name: str) -> Recorder:
    """The recording of a scene."""
    m, what = stage(name)
    with Recorder(m) as recorder:
        play(m, what)
    return recorder


def play(m: Machine, what: Scene) -> None:
    """Let it happen, whatever comes of it."""
    with suppress(LinuxError, Segfault, BusError, Killed):
        what(m[1000])
