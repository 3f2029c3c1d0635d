"""Whole logs of strace."""

import pytest

from tests.host import logs
from vmlab.errors import ArgumentTypeError
from vmlab.host.strace_lines import LogCall, LogExit
from vmlab.host.strace_log import read_strace

READ_WHOLE = [name for name in logs.read() if not name.startswith("separate/")]


@pytest.mark.parametrize("name", READ_WHOLE)
def test_every_line_of_a_real_log_is_read(name: str) -> None:
    log = read_strace(logs.read()[name])
    assert not log.unread
    assert log.calls
    assert all(call.pid for call in log.calls)


def test_a_call_that_was_interrupted_is_put_together() -> None:
    log = read_strace(
        "1 wait4(2,  <unfinished ...>\n"
        "2 exit_group(0) = ?\n"
        "1 <... wait4 resumed>[{WIFEXITED(s) && WEXITSTATUS(s) == 0}], 0, NULL) = 2\n"
        "1 clone(child_stack=NULL, flags=SIGCHLD <unfinished ...>\n"
        "1 <... clone resumed>, child_tidptr=0x10) = 3\n"
    )
    leave, wait, clone = log.calls
    assert leave.name == "exit_group"
    assert (wait.line, wait.end, wait.result, len(wait.args)) == (1, 3, 2, 4)
    assert [arg.name for arg in clone.args] == ["child_stack", "flags", "child_tidptr"]


def test_a_call_without_an_end_is_kept() -> None:
    (call,) = read_strace("1 futex(0x10, FUTEX_WAIT, 2, NULL <unfinished ...>\n").calls
    assert (call.finished, call.result, len(call.args)) == (False, None, 4)


def test_an_end_without_its_beginning_is_told() -> None:
    (unread,) = read_strace("1 <... wait4 resumed>, 0, NULL) = 2\n").unread
    assert (unread.line, unread.why.code) == (1, "resumed_unbegun")


def test_the_last_process_may_lose_its_number() -> None:
    log = read_strace(
        "fork() = 2\n[pid 1] wait4(-1, <unfinished ...>\n[pid 2] exit_group(0) = ?\n"
        "[pid 2] +++ exited with 0 +++\n<... wait4 resumed>NULL, 0, NULL) = 2\nbrk(NULL) = 0x5000\n"
    )
    assert not log.unread
    assert [call.pid for call in log.calls] == [1, 2, 1, 1]


def test_a_remark_of_strace_in_the_middle_of_a_line() -> None:
    log = read_strace(
        "clone3({flags=CLONE_VM}strace: Process 12 attached\n"
        " <unfinished ...>\n"
        "[pid 12] brk(NULL) = 0x5000\n"
        "[pid 11] <... clone3 resumed> => {parent_tid=[12]}, 88) = 12\n"
    )
    assert not log.unread
    assert [(call.pid, call.name, call.result) for call in log.calls] == [
        (12, "brk", 0x5000),
        (11, "clone3", 12),
    ]


def test_a_stack_belongs_to_the_call_before_it() -> None:
    (call,) = read_strace("brk(NULL) = 0\n > /lib/a(f+0x1) [0x2]\n > /lib/a(g+0x1) [0x3]\n").calls
    assert call.stack == ("/lib/a(f+0x1) [0x2]", "/lib/a(g+0x1) [0x3]")


def test_logs_of_several_files_are_put_in_order_by_their_times() -> None:
    log = read_strace(
        {
            "log.11": "1700000000.000001 fork() = 12\n1700000000.000003 exit_group(0) = ?\n",
            "log.12": "1700000000.000002 brk(NULL) = 0x5000\n",
        }
    )
    assert [(call.pid, call.name, call.line) for call in log.calls] == [
        (11, "fork", 1),
        (12, "brk", 3),
        (11, "exit_group", 2),
    ]


def test_without_times_a_process_runs_when_it_is_made() -> None:
    log = read_strace(
        {
            "log.11": "fork() = 12\nexit_group(0) = ?\n+++ exited with 0 +++\n",
            "log.12": "brk(NULL) = 0x5000\n",
        }
    )
    assert [each.pid for each in log.entries if isinstance(each, LogCall | LogExit)] == [
        *(11, 12, 11, 11)
    ]


def test_a_log_is_a_text() -> None:
    with pytest.raises(ArgumentTypeError):
        read_strace(b"brk(NULL) = 0")  # type: ignore[arg-type]
