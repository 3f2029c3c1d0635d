"""execve up to the loader: paths, arguments, the point of no return, what is kept."""

from __future__ import annotations

import pytest

from tests.model.linux.elf_files import ET_EXEC, R, Segment, build, layout
from tests.model.linux.lab import PLACE, Ear, anon, start
from tests.refused import refused
from vmlab import Clone, Killed, LinuxError, Machine, MiB, Open, Process, Rlimit
from vmlab.model.abi import errno
from vmlab.model.abi.resource import RLIM_INFINITY
from vmlab.model.linux.fs.binfmt_elf import AT_EXECFN, AT_RANDOM
from vmlab.model.linux.mm.validate import validate_machine
from vmlab.model.mmu.page import PAGE_SIZE
from vmlab.model.trace.events.process import SchedProcessExec

SIGCHLD = 17
STACK_TOP = 0x7FFFFFFFF000


def words(p: Process, addr: int, count: int) -> list[int]:
    """Read 8-byte words."""
    data = p.load(addr, 8 * count)
    return [int.from_bytes(data[i : i + 8], "little") for i in range(0, len(data), 8)]


def string(p: Process, addr: int) -> bytes:
    """Read a string."""
    end = addr
    while p.load(end) != b"\0":
        end += 1
    return p.load(addr, end - addr) if end > addr else b""


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("", errno.ENOENT),
        ("/nowhere", errno.ENOENT),
        ("/nowhere/x", errno.ENOENT),
        ("/dev", errno.EACCES),
        ("/", errno.EACCES),
        ("/dev/null", errno.EACCES),
        ("/bin/a.out/x", errno.ENOTDIR),
        ("/bin/a.out/", errno.ENOTDIR),
        ("/bin/a.out/..", errno.ENOTDIR),
        ("/" + "x" * 4095, errno.ENAMETOOLONG),
        ("/" + "x/" * 2047 + "x", errno.ENAMETOOLONG),
        ("/" + "x" * 256, errno.ENAMETOOLONG),
        ("/" + "x" * 255, errno.ENOENT),
        ("/f", errno.ENOEXEC),
    ],
)
def test_paths_that_do_not_run(path: str, code: int) -> None:
    """The old program goes on, and nothing is lost."""
    p = start()
    p.close(3)  # which writes to /f
    before, frames = p.maps(), len(p.machine.system.mem_map)
    with pytest.raises(LinuxError) as failure:
        p.execve(path)
    assert failure.value.errno == code
    assert (p.maps(), p.state) == (before, "R")
    assert len(p.machine.system.mem_map) == frames
    validate_machine(p.machine.system)


@pytest.mark.parametrize("path", ["bin/a.out", "./bin/../bin//a.out", "//bin/./a.out"])
def test_paths_with_detours(path: str) -> None:
    """A relative path starts at the root; maps shows the straight one, the stack the given one."""
    p = start()
    p.execve(path)
    assert " /bin/a.out\n" in p.maps()
    assert string(p, dict(p.mm.saved_auxv)[AT_EXECFN]) == path.encode()


def test_what_the_program_is_told() -> None:
    """On the stack from rsp up: argc, argv, NULL, envp, NULL, auxv."""
    p = start()
    p.execve("/bin/a.out", ["one", "", "three"], {"A": "1", "B": ""})
    argc, *rest = words(p, p.task.rsp, 8)
    assert argc == 3
    assert [string(p, addr) for addr in rest[:3]] == [b"one", b"", b"three"]
    assert rest[3] == 0
    assert [string(p, addr) for addr in rest[4:6]] == [b"A=1", b"B="]
    assert rest[6] == 0
    auxv = words(p, p.task.rsp + 8 * 8, 2 * len(p.mm.saved_auxv))
    assert list(zip(auxv[::2], auxv[1::2], strict=True)) == p.mm.saved_auxv
    assert p.task.rsp % 16 == 0
    assert len(set(p.load(dict(p.mm.saved_auxv)[AT_RANDOM], 16))) > 4
    assert p.load(p.mm.arg_start, p.mm.arg_end - p.mm.arg_start) == b"one\0\0three\0"
    assert p.load(p.mm.env_start, p.mm.env_end - p.mm.env_start) == b"A=1\0B=\0"


def test_an_empty_argv() -> None:
    """Without arguments Linux gives an empty one."""
    p = start()
    p.execve("/bin/a.out", [])
    argc, argv, end = words(p, p.task.rsp, 3)
    assert (argc, string(p, argv), end) == (1, b"", 0)


@pytest.mark.parametrize(
    ("argv", "stack", "fits"),
    [
        (["x" * (32 * PAGE_SIZE - 1)], 8 * MiB, True),
        (["x" * (32 * PAGE_SIZE)], 8 * MiB, False),
        (["x" * 100000] * 20, 8 * MiB, True),
        (["x" * 100000] * 21, 8 * MiB, False),
        (["x" * 100000], 64 * 1024, False),
        (["x" * 10000], 64 * 1024, True),
        ([""] * 200000, 8 * MiB, True),
        ([""] * 300000, 8 * MiB, False),
        (["x" * 120000] * 52, RLIM_INFINITY, True),
        (["x" * 120000] * 53, RLIM_INFINITY, False),
    ],
)
def test_room_for_arguments(argv: list[str], stack: int, fits: bool) -> None:
    """128 KiB a string; in all a quarter of the stack limit, at most 6 MiB; or E2BIG."""
    p = start(ram=32 * MiB)
    p.setrlimit(Rlimit.RLIMIT_STACK, stack)
    if fits:
        p.execve("/bin/a.out", argv)
        assert p.mm.stack_vm << 12 >= sum(len(arg) + 9 for arg in argv)
    else:
        before = p.maps()
        with pytest.raises(LinuxError, match="E2BIG"):
            p.execve("/bin/a.out", argv)
        assert p.maps() == before
    validate_machine(p.machine.system)


@pytest.mark.parametrize(
    ("limit", "base"),
    [
        (8 * MiB, 0x7FFFF7FFF000),
        (127 * MiB, 0x7FFFF7FFF000),
        (128 * MiB, 0x7FFFF7EFF000),
        (1024 * MiB, 0x7FFFBFEFF000),
        (RLIM_INFINITY, 0x155555556000),
    ],
)
def test_mmap_base(limit: int, base: int) -> None:
    """mmap starts below the largest stack the limit allows, with a gap."""
    p = start()
    p.setrlimit(Rlimit.RLIMIT_STACK, limit)
    p.execve("/bin/a.out")
    assert p.mm.mmap_base == base


def test_the_stack_vma() -> None:
    """128 KiB below the arguments, cut to the limit."""
    p = start()
    stack = [vma for vma in p.mm if vma.vm_end == STACK_TOP]
    assert [vma.vm_start for vma in stack] == [0x7FFFFFFDE000]
    p.setrlimit(Rlimit.RLIMIT_STACK, 64 * 1024)
    p.execve("/bin/a.out")
    assert [v.vm_start for v in p.mm if v.vm_end == STACK_TOP] == [STACK_TOP - 64 * 1024]


def test_execve_replaces_the_address_space() -> None:
    """The old mm goes if nobody else uses it; pid, descriptors and limits stay."""
    p = start()
    anon(p)
    p.store(PLACE, b"x")
    old, pid, file = p.mm, p.pid, p.task.files.fd[3]  # type: ignore[union-attr]
    p.setrlimit(Rlimit.RLIMIT_DATA, 1 << 30)
    p.execve("/bin/a.out", ["again"])
    assert p.mm is not old
    assert (old.mm_users, old.mm_count) == (0, 0)
    assert p.pid == pid
    assert p.task.files.fd[3] is file  # type: ignore[union-attr]
    assert p.getrlimit(Rlimit.RLIMIT_DATA)[0] == 1 << 30
    assert p.task.sighand.action == {}
    assert p.task.comm == "a.out"
    assert "40000000" not in p.maps()
    validate_machine(p.machine.system)


def test_the_old_address_space_stays_for_others() -> None:
    """After clone(CLONE_VM) execve leaves the shared mm to the other task."""
    p = start()
    anon(p)
    child = p.clone(Clone.CLONE_VM | SIGCHLD)
    child.store(PLACE, b"x")
    child.execve("/bin/a.out")
    assert p.mm.mm_users == child.mm.mm_users == 1
    assert p.load(PLACE) == b"x"


def test_execve_ends_the_other_threads() -> None:
    """A process has one thread after execve."""
    p = start()
    thread = p.clone(Clone.CLONE_VM | Clone.CLONE_FILES | Clone.CLONE_SIGHAND | Clone.CLONE_THREAD)
    p.execve("/bin/a.out")
    assert thread.state == "X"
    assert p.mm.mm_users == 1
    validate_machine(p.machine.system)


def test_descriptors() -> None:
    """O_CLOEXEC closes; the others stay open, at their offsets."""
    p = start()
    anon(p)
    p.read(3, PLACE, 100)
    cloexec = p.open("/f", Open.O_CLOEXEC)
    copy = p.dup2(cloexec, 9)  # a copy is not marked
    p.execve("/bin/a.out")
    assert sorted(p.task.files.fd) == [0, 1, 2, 3, copy]  # type: ignore[union-attr]
    assert p.task.files.fd[3].f_pos == 100  # type: ignore[union-attr]


def test_a_shared_table_is_left() -> None:
    """After clone(CLONE_FILES), execve closes in a table of its own."""
    p = start()
    fd = p.open("/f", Open.O_CLOEXEC)
    child = p.clone(Clone.CLONE_FILES | SIGCHLD)
    child.execve("/bin/a.out")
    p.close(fd)
    with refused(LinuxError, "fd_not_open", "EBADF"):
        child.close(fd)
    validate_machine(p.machine.system)


def test_death_after_the_point_of_no_return() -> None:
    """What fails after the old program is gone kills with SIGSEGV; the parent is told."""
    p = start()
    bad = [*layout(0x400000)[:2], Segment(R, 0x2000, 0x500000, 0x800, 0x100)]
    p.machine.fs.write("/bad", build(ET_EXEC, bad, entry=0x400000))
    child = p.fork()
    with pytest.raises(Killed) as death:
        child.execve("/bad")
    assert death.value.code == "old_program_gone"
    assert p.wait() == (child.pid, 11)
    assert list(p.machine.system.mms) == [p.mm.number]
    validate_machine(p.machine.system)


def test_death_wakes_a_vfork_parent() -> None:
    """The parent goes on also if its vfork child dies inside execve."""
    p = start()
    p.setrlimit(Rlimit.RLIMIT_AS, 1 << 40)
    child = p.vfork()
    child.setrlimit(Rlimit.RLIMIT_AS, 65536)
    with pytest.raises(Killed):
        child.execve("/bin/a.out")
    assert (p.state, child.state, p.mm.mm_users) == ("R", "Z", 1)


def test_spawn_leaves_nothing_behind() -> None:
    """A program that cannot start leaves no process."""
    machine = Machine(ram=8 * MiB)
    machine.fs.write("/text", b"hello")
    for path in ("/text", "/dev"):
        with pytest.raises(LinuxError):
            machine.spawn(path)
    assert not machine.processes
    assert not machine.system.mms
    validate_machine(machine.system)


def test_out_of_memory_while_starting() -> None:
    """Whichever frame is missing: ENOMEM or death, and every frame is back."""
    answers = set()
    for frames in range(8, 40):
        machine = Machine(ram=frames * PAGE_SIZE)
        try:
            machine.spawn().exit()
        except (LinuxError, Killed) as failure:
            answers.add(failure.name)
        else:
            answers.add("runs")
        assert not machine.system.mms
        validate_machine(machine.system)
    assert {"runs", "ENOMEM"} <= answers


def test_the_event() -> None:
    """One sentence tells that another program runs."""
    p = start()
    ear = Ear(p)
    p.execve("/bin/a.out")
    (event,) = [event for event in ear.events if isinstance(event, SchedProcessExec)]
    assert (event.pid, event.mm, event.path) == (p.pid, p.mm.number, "/bin/a.out")
