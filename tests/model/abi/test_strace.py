"""Calls as strace writes them: written, read back, and read from real logs."""

from __future__ import annotations

import stat
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmlab.codes import Reason
from vmlab.model.abi.calls import ACTIONS, CALLS
from vmlab.model.abi.clone import Clone
from vmlab.model.abi.fcntl import (
    O_TMPFILE_ALONE,
    Access,
    At,
    CloseRange,
    Fcntl,
    Open,
    Unlinkat,
)
from vmlab.model.abi.ioctl import Ioctl
from vmlab.model.abi.kinds import Action, Kind, Result
from vmlab.model.abi.membarrier import Membarrier
from vmlab.model.abi.mman import (
    MREMAP_DONTUNMAP,
    MREMAP_FIXED,
    Madv,
    Map,
    Mcl,
    Mlock,
    Mremap,
    Ms,
    Prot,
)
from vmlab.model.abi.prctl import Arch, Pr
from vmlab.model.abi.random import Grnd
from vmlab.model.abi.resource import Prio, Rlimit, Rusage
from vmlab.model.abi.strace import (
    StraceLine,
    format_arguments,
    format_call,
    format_result,
    parse_line,
    parse_log,
)
from vmlab.model.abi.strace_strings import format_bytes, format_text, parse_bytes, parse_text
from vmlab.model.abi.time import Clock
from vmlab.model.abi.wait import Wait

LOGS = Path(__file__).parents[2] / "data" / "strace"

register = st.integers(0, (1 << 64) - 1)
signed = st.integers(-1 << 63, (1 << 64) - 1)
small = st.integers(0, 1 << 20)
text = st.text(st.characters(codec="utf-8", exclude_characters="\0"))


def flags(family: Any) -> st.SearchStrategy[int]:
    """Some bits of a family, or any number at all."""
    return st.lists(st.sampled_from(sorted(family))).map(
        lambda members: sum({int(each) for each in members})
    ) | st.integers(0, (1 << 63) - 1)


VALUES: dict[Kind, st.SearchStrategy[Any]] = {
    Kind.ADDRESS: register,
    Kind.HINT: register,
    Kind.BREAK: register,
    Kind.BUFFER: register,
    Kind.VECTOR: register | st.none(),
    Kind.MAP_OFFSET: signed,
    Kind.PROT: flags(Prot),
    Kind.MAP_FLAGS: flags(Map),
    Kind.MREMAP_FLAGS: flags(Mremap),
    Kind.REMAP_FLAGS: flags(Map),
    Kind.ADVICE: st.sampled_from(sorted(Madv)).map(int) | st.integers(0, 200),
    Kind.MSYNC_FLAGS: flags(Ms),
    Kind.MLOCK_FLAGS: flags(Mlock),
    Kind.MCL_FLAGS: flags(Mcl),
    Kind.OPEN_FLAGS: flags(Open),
    Kind.CLONE_FLAGS: flags(Clone) | st.integers(0, 255),
    Kind.PATH: text,
    Kind.PATH_OR_NONE: text | st.none(),
    Kind.NODE_MODE: st.integers(0, (1 << 16) - 1),
    Kind.DEVICE: st.integers(0, (1 << 32) - 1),
    Kind.NAME: text,
    Kind.ARGV: st.lists(text),
    Kind.ENV: st.lists(text),
    Kind.PERSONALITY: st.integers(0, (1 << 32) - 1),
    Kind.RESOURCE: st.sampled_from(sorted(Rlimit)).map(int) | st.integers(0, 20),
    Kind.LIMIT: register,
    Kind.HARD_LIMIT: register | st.none(),
    Kind.LIMITS: st.tuples(register, register) | st.none(),
    Kind.OPTION: st.sampled_from(sorted(Pr)).map(int) | st.integers(0, 200),
    Kind.ARCH_CODE: st.sampled_from(sorted(Arch)).map(int) | st.integers(0, 200),
    Kind.ARGUMENT: register,
    Kind.BARRIER: st.sampled_from(sorted(Membarrier)).map(int) | st.integers(0, 2000),
    Kind.BARRIER_FLAGS: st.integers(0, 3),
    Kind.SIGNAL: st.integers(0, 70),
    Kind.SIGPROCMASK_HOW: st.integers(0, 5),
    Kind.HANDLER: st.booleans(),
    Kind.AT_FLAGS: flags(At),
    Kind.UNLINK_FLAGS: flags(Unlinkat),
    Kind.ACCESS_MODE: flags(Access),
    Kind.FILE_MODE: st.integers(0, (1 << 16) - 1),
    Kind.FD_FLAGS: flags(Open),
    Kind.CLOSE_FLAGS: flags(CloseRange),
    Kind.IOCTL_COMMAND: st.sampled_from(sorted(Ioctl)).map(int) | st.integers(0, 20),
    Kind.GRND_FLAGS: flags(Grnd),
    Kind.WAIT_PID: st.integers(-(1 << 31), (1 << 31) - 1),
    Kind.WAIT_OPTIONS: flags(Wait),
    Kind.USAGE_OF: st.sampled_from(sorted(Rusage)).map(int) | st.integers(0, 20),
    Kind.PRIORITY_OF: st.sampled_from(sorted(Prio)).map(int) | st.integers(0, 20),
    Kind.CLOCK: st.sampled_from(sorted(Clock)).map(int) | st.integers(0, 20),
    Kind.DATA: st.binary(max_size=32),
}
RESULTS: dict[Result, st.SearchStrategy[Any]] = {
    Result.NOTHING: st.none(),
    Result.NEVER: st.none(),
    Result.DONE: st.none(),
    Result.ADDRESS: register,
    Result.PERSONALITY: st.integers(0, (1 << 32) - 1),
    Result.FDS: st.tuples(small, small),
    Result.STATUS: st.tuples(small, small),
    Result.LIMITS: st.tuples(register, register),
    Result.MODE: st.integers(0, 0o777),
    Result.BYTES: st.binary(max_size=32),
}


@st.composite
def calls(draw: st.DrawFn, action: Action) -> tuple[tuple[Any, ...], Any]:
    """Arguments and an answer."""
    args = [draw(VALUES.get(parameter.kind, signed)) for parameter in action.parameters]
    if action.name == "mremap" and not args[3] & (MREMAP_FIXED | MREMAP_DONTUNMAP):
        args[4] = 0  # nobody looks at it, and strace does not print it
    if action.name == "fcntl" and args[1] in (Fcntl.F_GETFD, Fcntl.F_GETFL, Fcntl.F_GET_SEALS):
        args[2] = 0  # the same
    if action.name in ("open", "openat") and not args[-2] & (Open.O_CREAT | O_TMPFILE_ALONE):
        args[-1] = 0o777  # the same
    if action.name in ("mknod", "mknodat") and not stat.S_ISCHR(args[-2]) | stat.S_ISBLK(args[-2]):
        args[-1] = 0
    return tuple(args), draw(RESULTS.get(action.result, small))


def read(line: str) -> StraceLine:
    found = parse_line(line)
    assert found is not None
    return found


@pytest.mark.parametrize("action", ACTIONS.values(), ids=ACTIONS)
@given(data=st.data(), pid=st.integers(1, 1 << 22))
def test_what_is_written_is_read_back(action: Action, data: st.DataObject, pid: int) -> None:
    args, result = data.draw(calls(action))
    line = f"{pid} {format_call(action.name, args)} = {format_result(action.name, result, args)}"
    assert "\n" not in line
    assert parse_line(line) == StraceLine(pid, action.name, args, result)


@given(st.binary())
def test_bytes_are_read_back_as_far_as_they_are_shown(data: bytes) -> None:
    shown = format_bytes(data)
    assert shown.isascii()
    assert parse_bytes(shown.removesuffix("...")) == data[:32]


@given(text)
def test_texts_are_read_back(value: str) -> None:
    assert parse_text(format_text(value)) == value


@given(st.text())
def test_no_line_raises_anything(line: str) -> None:
    for beginning in ("", "1 mmap(", "[pid 1] wait4(", "read(3, ", 'open("', "pipe("):
        parse_line(beginning + line)


@given(st.sampled_from(sorted(CALLS)), st.text(st.sampled_from('()[]{}"\\,=| \n0x19A_*/<>.-NULL')))
def test_no_arguments_raise_anything(name: str, inside: str) -> None:
    for line in (f"{name}({inside}) = 0", f"{name}({inside}"):
        found = parse_line(line)
        assert found is not None
        assert (found.args is None) <= bool(found.problem)


# Real logs


@pytest.mark.parametrize("path", sorted(LOGS.glob("*.strace")), ids=lambda path: path.name)
def test_a_real_log_is_read(path: Path) -> None:
    lines = list(parse_log(path.read_text().splitlines()))
    assert len(lines) > 15
    for line in lines:
        if line.name in CALLS:
            assert not line.problem, line
            assert line.args is not None
        else:
            assert line.problem.code == "call_unknown"


def test_an_interrupted_call_is_put_together() -> None:
    lines = list(parse_log((LOGS / "forkcow.strace").read_text().splitlines()))
    (waited,) = (line for line in lines if line.name == "wait4")
    assert (waited.pid, waited.args, waited.result) == (15351, (15352, 0), (15352, 2 << 8))
    (cloned,) = (line for line in lines if line.name == "clone")
    flags = int(Clone.CLONE_CHILD_CLEARTID | Clone.CLONE_CHILD_SETTID) | 17
    assert cloned.args == (flags, 0, 0, 0x7FFFF7DD2A10, 0)
    assert Counter(line.name for line in lines)["openat"] == 2


FORMS: dict[str, tuple[str, tuple[Any, ...], Any]] = {
    "a pid in brackets": ("[pid  1234] close(3)     = 0", (3,), None),
    "a time, and how long it took": ("12:00:01.000200 close(3) = 0 <0.000013>", (3,), None),
    "seconds since 1970": ("1234 1700000000.5 close(3) = 0", (3,), None),
    "descriptors with their paths": ("close(3</etc/ld.so.cache>) = 0", (3,), None),
    "bits without a name": (
        "mmap(0x1000, 4096, PROT_READ|0x40, MAP_PRIVATE|MAP_FIXED, 3, 0x1000) = 0x1000",
        (4096, 4096, 0x41, 0x12, 3, 4096),
        4096,
    ),
    "octal and hexadecimal bytes": (
        r'open("/\303\244\x62\"", O_RDONLY) = 3',
        ('/äb"', 0, 0o777),
        3,
    ),
    "rights of a new file": ('open("/a", O_RDWR|O_CREAT, 0644) = 3', ("/a", 0o102, 0o644), 3),
    "ends of a pipe": ("pipe([3, 4]) = 0", (), (3, 4)),
    "a child that was killed": (
        "wait4(-1, [{WIFSIGNALED(s) && WTERMSIG(s) == SIGSEGV && WCOREDUMP(s)}], 0, NULL) = 7",
        (-1, 0),
        (7, 11 | 0x80),
    ),
    "a status nobody asked for": ("wait4(-1, NULL, 0, NULL) = 7", (-1, 0, 0, 0), (7, None)),
    "nobody has ended": (
        "wait4(7, NULL, WNOHANG|__WALL, NULL) = 0",
        (7, 0x40000001, 0, 0),
        (0, None),
    ),
    "rights of a directory": ('mkdir("/a", 0700) = 0', ("/a", 0o700), None),
    "ends of a pipe with flags": ("pipe2([3, 4], O_CLOEXEC) = 0", (0x80000,), (3, 4)),
    "no right but that it is there": ('access("/a", F_OK) = 0', ("/a", 0), None),
    "a handler": (
        "rt_sigaction(SIGSEGV, {sa_handler=0x401136, sa_mask=[], sa_flags=0}, NULL, 8) = 0",
        (11, True),
        None,
    ),
    "no handler": (
        "rt_sigaction(SIGBUS, {sa_handler=SIG_DFL, sa_mask=[], sa_flags=0}, NULL, 8) = 0",
        (7, False),
        None,
    ),
    "a limit": (
        "setrlimit(RLIMIT_STACK, {rlim_cur=8192*1024, rlim_max=RLIM64_INFINITY}) = 0",
        (3, 8 << 20, (1 << 64) - 1),
        None,
    ),
    "no limit": (
        "setrlimit(RLIMIT_AS, {rlim_cur=RLIM64_INFINITY, rlim_max=RLIM64_INFINITY}) = 0",
        (9, (1 << 64) - 1, (1 << 64) - 1),
        None,
    ),
    "a limit that is asked for": (
        "getrlimit(RLIMIT_NOFILE, {rlim_cur=1024, rlim_max=4*1024}) = 0",
        (7,),
        (1024, 4096),
    ),
    "an old limit": (
        "prlimit64(0, RLIMIT_STACK, NULL, {rlim_cur=8192*1024, rlim_max=RLIM64_INFINITY}) = 0",
        (0, 3, None),
        (8 << 20, (1 << 64) - 1),
    ),
    "a new limit": (
        "prlimit64(7, RLIMIT_CORE, {rlim_cur=0, rlim_max=0}, NULL) = 0",
        (7, 4, (0, 0), None),
        None,
    ),
    "no huge pages": ("prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) = 0", (41, 1, 0, 0, 0), 0),
    "a segment": ("arch_prctl(ARCH_SET_FS, 0x7ffff7d8a740) = 0", (0x1002, 0x7FFFF7D8A740), None),
    "no number": ("madvise(0x1000, 4096, MADV_DONTNEED) = 0", (4096, 4096, 4), None),
    "an advice without a name": ("madvise(0x1000, 4096, 0x63) = 0", (4096, 4096, 99), None),
    "a thread": (
        "clone(child_stack=0x7f00, flags=CLONE_VM|CLONE_THREAD|CLONE_SIGHAND, tls=0x7f10) = 9",
        (0x10900, 0x7F00, 0, 0, 0x7F10),
        9,
    ),
    "a thread whose number is told": (
        "clone(child_stack=0x7f00, flags=CLONE_VM|CLONE_PARENT_SETTID|CLONE_CHILD_CLEARTID, "
        "parent_tid=[9], child_tidptr=0x7f20) = 9",
        (0x300100, 0x7F00, 0, 0x7F20, 0),
        9,
    ),
    "a number that becomes 0": ("set_tid_address(0x7ffff7d8aa10) = 7", (0x7FFFF7D8AA10,), 7),
    "one that moves": (
        "mremap(0x1000, 4096, 8192, MREMAP_MAYMOVE|MREMAP_FIXED, 0x5000) = 0x5000",
        (0x1000, 4096, 8192, 3, 0x5000),
        0x5000,
    ),
    "one that stays": ("mremap(0x1000, 4096, 8192, 0) = 0x1000", (0x1000, 4096, 8192, 0, 0), 4096),
    "the end": ("exit_group(0) = ?", (0,), None),
}


@pytest.mark.parametrize("name", FORMS)
def test_what_strace_itself_writes(name: str) -> None:
    line, args, result = FORMS[name]
    found = read(line)
    assert (found.args, found.result, found.problem.plain) == (args, result, "")


def test_what_a_line_does_not_tell_is_left_out() -> None:
    found = read('execve("/bin/true", ["true"], 0x7ffd0 /* 4 vars */) = 0')
    assert (found.args, found.untold) == (("/bin/true", ["true"]), ("env",))
    found = read("mincore(0x1000, 8192, [1, 0]) = 0")
    assert (found.args, found.untold, found.result) == ((4096, 8192), ("vec",), b"\1\0")


@pytest.mark.parametrize(
    ("line", "errno", "args"),
    [
        ("munmap(0x1001, 4096) = -1 EINVAL (Invalid argument)", "EINVAL", (0x1001, 4096)),
        ("munmap(0x1001, 4096) = -1 EINVAL (0x1001 is not page aligned)", "EINVAL", (0x1001, 4096)),
        ("pipe(0x7ffd0) = -1 EMFILE (Too many open files)", "EMFILE", ()),
        (
            "wait4(-1, 0x7ffd0, 0, NULL) = -1 ECHILD (No child processes)",
            "ECHILD",
            (-1, 0, 0x7FFD0, 0),
        ),
        (
            "wait4(-1, 0x7ffd0, 0, NULL) = ? ERESTARTSYS (To be restarted)",
            "ERESTARTSYS",
            (-1, 0, 0x7FFD0, 0),
        ),
    ],
)
def test_a_failed_call(line: str, errno: str, args: tuple[Any, ...]) -> None:
    found = read(line)
    assert (found.errno, found.args, found.result) == (errno, args, None)
    assert not found.problem


def test_an_access_that_ended_in_a_signal() -> None:
    found = read('1000 store(0x1000, "x") = SIGSEGV (SEGV_MAPERR)')
    assert (found.signal, found.args, found.problem.plain) == ("SIGSEGV", (4096, b"x"), "")


@pytest.mark.parametrize(
    ("line", "code", "field"),
    [
        ("hello", "line_unreadable", ""),
        ("munmap(0x1000, 4096", "line_unreadable", ""),
        ("munmap(0x1000, 4096)", "line_unreadable", ""),
        ('open("/a) = 3', "string_unreadable", "path"),
        ("munmap(0x1000,  <unfinished ...>", "line_unfinished", ""),
        ("<... munmap resumed> 4096) = 0", "line_resumed", ""),
        ('openat2(AT_FDCWD, "/a", {}, 24) = 3', "call_unknown", ""),
        ("munmap(0x1000) = 0", "argument_count", ""),
        ("munmap(0x1000, 4096, 1) = 0", "argument_count", ""),
        ("munmap(here, 4096) = 0", "number_unreadable", "addr"),
        ("munmap(0x1000, 089) = 0", "number_unreadable", "length"),
        ("mprotect(0x1000, 4096, PROT_MAYBE) = 0", "symbol_unknown", "prot"),
        ('read(3, "\\177ELF"..., 832) = 832', "bytes_not_address", "buf"),
        ("fstat(3, {st_mode=S_IFREG|0644, st_size=5, ...}) = 0", "bytes_not_address", "statbuf"),
        ('open("/usr/lib"..., O_RDONLY) = 3', "string_cut", "path"),
        ("open(0x1000, O_RDONLY) = -1 EFAULT (Bad address)", "string_unreadable", "path"),
        ('execve("/a", ["a", ...], []) = 0', "list_cut", "argv"),
        ('execve("/a", "a", []) = 0', "list_unreadable", "argv"),
        ("wait4(-1, [{WIFSTOPPED(s) && WSTOPSIG(s) == SIGSTOP}], 0, NULL) = 7", "not_modelled", ""),
        ("rt_sigaction(SIGINT, NULL, {sa_handler=SIG_DFL}, 8) = 0", "not_modelled", ""),
        ("rt_sigaction(SIGINT, {sa_handler=SIG_IGN}, NULL, 8) = 0", "not_modelled", ""),
        ("mincore(0x1000, 99999, [1, 1, ...]) = 0", "list_cut", ""),
        ("close(3) = what", "result_unreadable", "result"),
        ("close(3) = 7", "result_unreadable", "result"),
        ("brk(NULL) = ?", "result_unreadable", "result"),
    ],
)
def test_what_cannot_be_read_is_said(line: str, code: str, field: str) -> None:
    reason: Reason = read(line).problem
    values = dict(reason.values)
    assert values.get("field", "") == field
    if field:
        reason = values["why"]  # type: ignore[assignment]
    assert reason.code == code
    assert str(reason) != reason.code, "it has words"


@pytest.mark.parametrize(
    "line",
    [
        "",
        '# fs.write("/a", "x")',
        "  do_brk()  [mm/mmap.c]",
        "    - mm->brk stays at 0x1000",
        "15352 +++ exited with 2 +++",
        "--- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED} ---",
        "[pid 7] --- SIGSEGV {si_signo=SIGSEGV} ---",
        "7 12:00:01 +++ killed by SIGSEGV +++",
    ],
)
def test_a_line_that_tells_of_no_call(line: str) -> None:
    assert parse_line(line) is None


def test_calls_that_never_ended_come_last() -> None:
    lines = ["1 munmap(0x1000, 4096 <unfinished ...>", "2 close(3) = 0", "2 +++ exited with 0 +++"]
    first, second = parse_log(lines)
    assert (first.name, second.name) == ("close", "munmap")
    assert second.problem.code == "line_unfinished"


# How it looks


@pytest.mark.parametrize(
    ("name", "args", "written"),
    [
        ("munmap", (-4096, 4096), "0xfffffffffffff000, 4096"),
        ("munmap", (0, 4096), "NULL, 4096"),
        ("clone", (0x500 | 17,), "flags=CLONE_VM|CLONE_FILES|SIGCHLD"),
        ("clone", (0,), "flags=0"),
        ("open", ("/a", 0o2102), '"/a", O_RDWR|O_CREAT|O_APPEND'),
        ("openat", (-100, "/a", 0o20200002), 'AT_FDCWD, "/a", O_RDWR|O_TMPFILE'),
        ("openat", (3, "a", 0o4210001), '3, "a", O_WRONLY|O_SYNC|O_DIRECTORY'),
        ("lseek", (3, -1, 2), "3, -1, SEEK_END"),
        ("lseek", (3, 0, 7), "3, 0, 0x7"),
        ("fcntl", (3, 4, 0o6000), "3, F_SETFL, O_RDONLY|O_APPEND|O_NONBLOCK"),
        ("rt_sigaction", (11, True), "SIGSEGV, 1"),
        ("memfd_create", ("x", 1), '"x", MFD_CLOEXEC'),
        ("memfd_create", ("x", 0x5400000C), '"x", MFD_HUGETLB|MFD_NOEXEC_SEAL|21<<MFD_HUGE_SHIFT'),
        ("memfd_create", ("x", 0x20), '"x", 0x20'),
        ("fcntl", (3, 0, 10), "3, F_DUPFD, 10"),
        ("fcntl", (3, 1, 0), "3, F_GETFD"),
        ("fcntl", (3, 2, 1), "3, F_SETFD, FD_CLOEXEC"),
        ("fcntl", (3, 1033, 0x41), "3, F_ADD_SEALS, F_SEAL_SEAL|0x40"),
        ("fcntl", (3, 0x999, 5), "3, 0x999, 0x5"),
        ("mseal", (0x1000, 4096, 0), "0x1000, 4096, 0"),
        ("mlock2", (0x1000, 4096, 1), "0x1000, 4096, MLOCK_ONFAULT"),
        ("mlock2", (0x1000, 4096, 0), "0x1000, 4096, 0"),
        ("mlockall", (7,), "MCL_CURRENT|MCL_FUTURE|MCL_ONFAULT"),
        ("mlockall", (8,), "0x8"),
        ("setrlimit", (3, (1 << 64) - 1), "RLIMIT_STACK, RLIM64_INFINITY"),
        ("store", (0x1000, b"x" * 40), f'0x1000, "{"x" * 32}"...'),
        ("pipe", (), ""),
    ],
)
def test_how_arguments_are_written(name: str, args: tuple[Any, ...], written: str) -> None:
    assert format_arguments(name, args) == written


@pytest.mark.parametrize(
    ("data", "written"),
    [
        (b"\xff\1", r'"\377\1"'),
        (b"\x001\x008", r'"\0001\08"'),
        (b'a"\\\n\t', r'"a\"\\\n\t"'),
        (b"", '""'),
    ],
)
def test_how_bytes_are_written(data: bytes, written: str) -> None:
    assert format_bytes(data) == written


@pytest.mark.parametrize(
    ("cmd", "value", "written"),
    [
        (0, 10, "10"),
        (1, 0, "0"),
        (1, 1, "0x1 (flags FD_CLOEXEC)"),
        (3, 0x8402, "0x8402 (flags O_RDWR|O_APPEND|O_LARGEFILE)"),
        (3, 0, "0 (flags O_RDONLY)"),
        (1034, 0x21, "0x21 (seals F_SEAL_SEAL|F_SEAL_EXEC)"),
        (1034, 0, "0"),
    ],
)
def test_answers_of_fcntl(cmd: int, value: int, written: str) -> None:
    assert format_result("fcntl", value, (3, cmd, 0)) == written
    line = parse_line(f"fcntl(3, {cmd}) = {written}")
    assert line is not None
    assert (line.args, line.result) == ((3, cmd, 0), value)


def test_remarks_of_strace_are_passed_over() -> None:
    line = parse_line("fcntl(3, 0x999 /* F_??? */, 0x5) = -1 EINVAL (Invalid argument)")
    assert line is not None
    assert (line.args, line.errno, line.problem.plain) == ((3, 0x999, 5), "EINVAL", "")


def test_answers() -> None:
    class Child:
        pid = 1001

    assert format_result("fork", Child()) == format_result("fork", 1001) == "1001"
    assert format_result("mincore", b"\1\0") == r'"\1\0"'
    assert format_result("wait4", (1001, 768)) == "(1001, 768)"
    assert format_result("munmap", None) == "0"
    assert format_result("exit_group", None) == "?"
    assert format_result("store", None) == "ok"
    assert format_result("add", 105) == "105"


@pytest.mark.parametrize(("fd", "result"), [("1" * 5000, "0"), ("1", "9" * 5000)])
def test_a_number_without_end_is_a_problem_not_an_exception(fd: str, result: str) -> None:
    line = parse_line(f"1000 close({fd}) = {result}")
    assert line is not None
    assert line.problem
