"""Recordings, transcripts and differences speak the reader's language."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass
from itertools import pairwise

import pytest

from tests.pseudo_language import marked, plain_words, pseudo_language
from tests.record.scenes import SCENES, recorded
from vmlab import Machine, Recorder
from vmlab.model.linux.include.page_flags import PG_NAMES
from vmlab.model.linux.mm.vma_munmap import do_munmap
from vmlab.record.diff import diff
from vmlab.state import snapshot, snapshot_ipc

# Levels of page tables, bits of entries, words of maps, names of errors, signals and settings.
NAMES = set(
    """
    PGD PUD PMD PTE NX US RW SPECIAL rw xp heap deleted pipe memfd anon_inode pidfd a.out
    SIGSEGV SIGBUS SEGV_MAPERR SEGV_ACCERR SI_KERNEL BUS_ADRERR EINVAL ENOENT ENXIO EPERM EFAULT
    ESRCH rlim_cur rlim_max fs tea EAGAIN EPIPE ENOTTY EACCES ERANGE EBUSY EISDIR SIGUSR1 SIGTERM
    SIGPIPE SIGSTOP SIGCONT SIGKILL SIGCHLD SIGFPE SI_USER SI_TKILL FPE_INTDIV a.dat EEXIST ELOOP
    EXDEV ENOMSG EAFNOSUPPORT EOPNOTSUPP SI_QUEUE SI_TIMER SIGRT_2 SIGALRM CLOCK_MONOTONIC eventfd
    eventpoll timerfd signalfd socket ECONNREFUSED
    """.split()
)
A_FUNCTION = r"\s+\w+\(\)(  \[.*\])?"
AN_ANSWER = r"0x[0-9a-f]+|\d+|-1|ok|\(\d+, \d+\)|\[.*\]|\{.*\}|\"\S*\"|\?"
A_CALL = rf"\d+ \w+\(.*\) = ({AN_ANSWER})?( \(PER_.*\))?"
AN_OWNERS_CALL = r"# [a-z._]+\(.*\)"
A_PATH = r"/[\w./]+"

# What states are made of: fields, kinds of objects, and their values.
FIELDS = {
    field.name
    for part in (*vars(snapshot).values(), *vars(snapshot_ipc).values())
    if isinstance(part, type) and is_dataclass(part)
    for field in fields(part)
}
VALUES = {
    "mmshared",
    "a.dat",
    "b.dat",
    "cut",
    "table",
    "anon",
    "file",
    "tlb",
    "inode",
    "flock",
    "red",
    "black",
    "None",
    "True",
    "False",
    "disarmed",
    "armed",
    "requeue_pending",
    "posix",
}
VALUES |= set(PG_NAMES.values())


@pytest.mark.parametrize("name", SCENES)
def test_a_transcript_is_in_the_language_of_the_reader(name: str) -> None:
    recorder = recorded(name)
    with pseudo_language():
        lines = recorder.transcript().splitlines()
    for line in lines:
        if not re.fullmatch(f"{A_FUNCTION}|{AN_OWNERS_CALL}", line):
            said = re.sub(f"^{A_CALL}|{A_PATH}", "", line)
            left = plain_words(said) - NAMES
            names = r"(VM|F_SEAL|O|RLIMIT|RLIM64|SHM|MEMBARRIER)_[A-Z_]+|vm\.\w+"
            assert {word for word in left if not re.fullmatch(names, word)} == set(), line


@pytest.mark.parametrize("name", SCENES)
def test_a_difference_is_in_the_language_of_the_reader(name: str) -> None:
    recorder = recorded(name)
    states = [recorder.snapshot(step) for step in range(-1, len(recorder))]
    with pseudo_language():
        told = [str(diff(before, after)) for before, after in pairwise(states)]
    assert plain_words("\n".join(told)) <= NAMES | FIELDS | VALUES


def test_what_a_task_waits_for_is_told_by_its_fields() -> None:
    recorder = recorded("msgsnd_sleeps")
    states = [recorder.snapshot(step) for step in range(-1, len(recorder))]
    told = "\n".join(str(diff(before, after)) for before, after in pairwise(states))
    assert "msg_sender none -> (msqid 0, msg (3, '68656c6c6f'), status 0, woken False)" in told


def test_timers_are_told_by_their_fields() -> None:
    recorder = recorded("timer_create")
    told = str(diff(recorder.snapshot(-1), recorder.snapshot(len(recorder) - 1)))
    assert "posix_timers () -> ((it_id 0, it_clock 1, " in told


def test_no_difference_is_told_too() -> None:
    snap = Machine().snapshot()
    with pseudo_language():
        assert str(diff(snap, snap)) == marked("Nothing changed.")


def test_what_no_call_did_is_told_in_words() -> None:
    process = Machine().spawn()
    with Recorder(process.machine) as recorder:
        do_munmap(process.mm, process.mm.mmap.vm_start, 4096)
    assert recorder.transcript().startswith("# done by hand\n")
    with pseudo_language():
        assert marked("done by hand") in recorder.transcript()
