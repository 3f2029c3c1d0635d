"""Lines of strace."""

import time

import pytest

from vmlab.host.strace_lines import (
    LONGEST_LINE,
    LogCall,
    LogExit,
    LogSignal,
    Part,
    Unread,
    read_line,
)


def call(text: str) -> LogCall:
    found = read_line(text, 7)
    assert isinstance(found, LogCall), found
    assert (found.line, found.end) == (7, 7)
    return found


@pytest.mark.parametrize(
    ("head", "pid", "at"),
    [
        ("", 0, ""),
        ("17 ", 17, ""),
        ("[pid  17] ", 17, ""),
        ("17<sh> ", 17, ""),
        ("[pid 17<my sh>] ", 17, ""),
        ("17 12:34:56 ", 17, "12:34:56"),
        ("17 12:34:56.123456 ", 17, "12:34:56.123456"),
        ("17 1700000000.123456 ", 17, "1700000000.123456"),
        ("17      0.000123 ", 17, "0.000123"),
        ("     0.000123 ", 0, "0.000123"),
        ("17 12:34:56.1 (+     0.000123) ", 17, "12:34:56.1 (+     0.000123)"),
        ("17 [   9] ", 17, ""),
    ],
)
def test_what_stands_before_a_call(head: str, pid: int, at: str) -> None:
    found = call(f"{head}brk(NULL) = 0x5000")
    assert (found.pid, found.time, found.name, found.result) == (pid, at, "brk", 0x5000)


def test_the_instruction_is_told() -> None:
    assert call("1 [00007f1a9d962ad7] brk(NULL) = 0").ip == 0x7F1A9D962AD7
    assert call("1 [????????????????] brk(NULL) = 0").ip is None


@pytest.mark.parametrize(
    ("tail", "result", "errno", "note"),
    [
        ("= 0", 0, "", ""),
        ("     = 0x7f00", 0x7F00, "", ""),
        ("= -1 ENOENT (No such file or directory)", None, "ENOENT", "(No such file or directory)"),
        ("= -1 errno 600 (Unknown)", None, "errno 600", "(Unknown)"),
        ("= ? ERESTARTSYS (To be restarted if SA_RESTART is set)", None, "ERESTARTSYS", None),
        ("= ?", None, "", ""),
        ("= 0x8000 (flags O_RDONLY|O_LARGEFILE)", 0x8000, "", "(flags O_RDONLY|O_LARGEFILE)"),
        ("= 1 ([{fd=3, revents=POLLIN}])", 1, "", "([{fd=3, revents=POLLIN}])"),
        ("= -1 ENOMEM (Cannot allocate memory) (INJECTED)", None, "ENOMEM", None),
        ("= 0 (DELAYED)", 0, "", "(DELAYED)"),
    ],
)
def test_answers(tail: str, result: int | None, errno: str, note: str | None) -> None:
    found = call(f"madvise(NULL, 4096, 0x4d) {tail}")
    assert (found.result, found.errno) == (result, errno)
    assert note is None or found.note == note
    assert found.injected == ("INJECTED" in tail)


def test_a_descriptor_that_comes_back_has_its_path() -> None:
    found = call('openat(AT_FDCWD</>, "a", O_RDONLY) = 3</tmp/a> <0.000012>')
    assert (found.result, found.result_path, found.duration) == (3, "/tmp/a", "0.000012")


def test_a_call_that_nobody_knows_is_read_too() -> None:
    assert call("syscall_0x1d4(0x1, 0x2) = -1 ENOSYS (Function ...)").args[1].number == 2
    assert call("???() = ?").name == "???"


def test_signals_and_ends() -> None:
    signal = read_line("17 --- SIGSEGV {si_signo=SIGSEGV, si_addr=0x10} ---", 1)
    assert isinstance(signal, LogSignal)
    addr = signal.info.field("si_addr")
    assert (signal.pid, signal.signal, addr and addr.number) == (17, "SIGSEGV", 16)
    assert isinstance(read_line("--- stopped by SIGTTIN ---", 1), LogSignal)
    assert read_line("17 +++ exited with 2 +++", 3) == LogExit(3, 17, 2)
    assert read_line("+++ killed by SIGKILL (core dumped) +++", 3) == LogExit(3, 0, None, "SIGKILL")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("17 wait4(-1,  <unfinished ...>", "begun"),
        ("17 <... wait4 resumed>, 0, NULL) = 18", "resumed"),
        ("[pid 17] <... wait4 resumed> ) = 18", "resumed"),
        (" > /lib/libc.so.6(brk+0x12) [0xabc]", "stack"),
        ("strace: Process 18 attached", "remark"),
        ("Process 18 attached", "remark"),
        ("% time     seconds  usecs/call     calls    errors syscall", "remark"),
        ("", "remark"),
    ],
)
def test_parts(text: str, kind: str) -> None:
    found = read_line(text, 1)
    assert isinstance(found, Part)
    assert found.kind == kind


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("what is this", "line_unreadable"),
        ("mmap(NULL, 81", "line_cut"),
        ("mmap(NULL, 8192)", "line_cut"),
        ("mmap(NULL, 8192) = what", "line_unreadable"),
        (f"brk(NULL) = {'9' * 100}", "number_unreadable"),
        ("x" * (LONGEST_LINE + 1), "line_too_long"),
    ],
)
def test_a_line_that_cannot_be_read_is_kept_and_told(text: str, code: str) -> None:
    found = read_line(text, 5)
    assert isinstance(found, Unread)
    assert (found.line, found.why.code) == (5, code)
    assert text.startswith(found.text)


@pytest.mark.parametrize(
    "text",
    [
        "1 a(1" + " " * 500_000 + ") = 0",
        "1 a(1) = 0 " + "(x " * 200_000,
        "1 a(3" + "<->" * 200_000 + ") = 0",
        "1 a(" + "/*" * 300_000 + ") = 0",
        "1 a(" + "{" * 500_000,
        "--- SIGX " + " " * 500_000,
        " " * 500_000 + "x",
    ],
)
def test_a_hostile_line_costs_little(text: str) -> None:
    begin = time.process_time()
    read_line(text, 1)
    assert time.process_time() - begin < 3  # seconds
