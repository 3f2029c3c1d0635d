"""The Explorer: calls by its methods, errors shown, pictures that follow."""

from __future__ import annotations

import json
import re
from inspect import signature
from pathlib import Path
from typing import Any

import pytest

from vmlab import MAP_ANONYMOUS, MAP_PRIVATE, O_RDWR, Machine, Recorder, VmlabError
from vmlab.codes import because
from vmlab.diagrams.layout import on_paper
from vmlab.model.abi.calls import ACTIONS
from vmlab.model.abi.kinds import Kind
from vmlab.record.lifespans import NOTHING
from vmlab.state import ids
from vmlab.widgets import pictures
from vmlab.widgets.call_forms import FORMS, CallField, CallForm, Meaning
from vmlab.widgets.clickable_view import Pick
from vmlab.widgets.diagram_view import DiagramView
from vmlab.widgets.explorer import Explorer
from vmlab.widgets.following import _after_cell as after_cell
from vmlab.widgets.pictures import PICTURES

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


@pytest.fixture
def machine() -> Machine:
    machine = Machine()
    machine.spawn()
    return machine


@pytest.fixture
def explorer(machine: Machine) -> Explorer:
    return Explorer(machine)


def view(explorer: Explorer, place: int = 0) -> DiagramView:
    return list(explorer.pictures)[place]


def failed(name: str) -> str:
    """Return how an error number is told."""
    return str(because("answer", name=name, meaning=because(name)))


def anonymous(explorer: Explorer, pages: str = "4 pages") -> int:
    """Map anonymous memory through the fields; answer its address."""
    explorer.controls.fill({"mmap": {"length": pages, "prot": "rw", "flags": "private"}})
    explorer.mmap()
    assert explorer.controls.answer["outcome"] == "good"
    return int(explorer.controls.answer["answer"], 16)


def test_a_call_reads_its_fields_and_shows_its_answer(explorer: Explorer) -> None:
    addr = anonymous(explorer)
    assert explorer.controls.answer["call"] == (
        "mmap(NULL, 16384, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)"
    )
    explorer.controls.fill({"munmap": {"addr": f"{addr:#x} + 1 page", "length": "1 page"}})
    explorer.munmap()
    assert explorer.controls.answer == {
        "call": f"munmap({addr + 4096:#x}, 4096)",
        "answer": "0",
        "outcome": "good",
        "words": "",
    }
    assert f"{addr:08x}-{addr + 4096:08x} rw-p" in explorer.process.maps()


def test_arguments_may_be_given(explorer: Explorer) -> None:
    addr = anonymous(explorer)
    explorer.store(addr=addr, data=b"hi")
    explorer.load(addr=addr, n=3)
    assert explorer.controls.answer["call"] == f"load({addr:#x}, 3)"
    assert explorer.controls.answer["answer"] == r'"hi\0"'


def test_every_call_goes_to_the_end_of_the_recording(explorer: Explorer) -> None:
    assert explorer.player.count == 1
    explorer.fork()
    grown = explorer.player.count
    assert explorer.player.step == grown - 1 > 10
    explorer.player.first()
    assert "calls act on the latest state" in explorer.controls.note
    explorer.brk()
    assert explorer.player.step == explorer.player.count - 1 > grown
    assert explorer.controls.note == ""


def test_stepping_changes_the_pictures_and_the_words(machine: Machine) -> None:
    explorer = Explorer(machine, show="address_space")
    before = view(explorer).svg
    addr = anonymous(explorer)
    after = view(explorer).svg
    assert ids.vma_id(1, addr) in after
    assert ids.vma_id(1, addr) not in before
    explorer.player.first()
    assert view(explorer).svg == before
    assert explorer.player.sentence == "This is where the recording begins."
    explorer.player.next()
    assert explorer.player.event == "sys_enter"
    assert explorer.player.sentence == explorer.timeline.recorder.steps[0].sentence


def test_the_story_of_a_call(explorer: Explorer) -> None:
    player = explorer.player
    explorer.fork()
    story = explorer.timeline.recorder.story(len(explorer.timeline.recorder.calls) - 1)
    assert player.headline == story.headline.sentence
    assert f"{player.headline} {player.rest}".strip() == str(story.headline)
    assert [chapter["title"] for chapter in player.chapters] == list(map(str, story.chapters))
    assert player.chapter == len(player.chapters) - 1
    seen = []
    while player.step:
        player.step = player.stops[0]
        seen.append(player.step)
    assert seen == [*(chapter["last"] for chapter in player.chapters[-2::-1]), 0] or seen[-1] == 0
    assert player.stops[1] == story.chapters[0].last + 1
    assert player.headline == "This is where the recording begins."


def test_the_end_of_a_chapter_shows_the_whole_chapter(explorer: Explorer) -> None:
    explorer.store(addr=explorer.process.mm.start_brk - 1, data=b"A")
    player = explorer.player
    marked: dict[bool, list[set[str]]] = {True: [], False: []}
    for chapter in player.chapters[:-1]:
        player.step = chapter["last"]
        for by_steps, found in marked.items():
            player.by_steps = by_steps
            found.append(set(view(explorer).highlight))
    pairs = list(zip(marked[True], marked[False], strict=True))
    assert all(step <= chapter for step, chapter in pairs)
    assert any(step < chapter for step, chapter in pairs)


def test_mapping_a_file_tells_of_the_mapping(machine: Machine, explorer: Explorer) -> None:
    machine.fs.write("/a.dat", b"a")
    explorer.controls.fill({"mmap": {"fd": "/a.dat"}})
    explorer.mmap()
    player = explorer.player
    assert player.step == player.count - 1, "what is seen is the present"
    assert player.headline.startswith("mmap: ")
    assert explorer.controls.note == ""
    assert player.stops[0] < player.chapters[-1]["last"] + 1
    explorer.munmap(addr=int(explorer.controls.answer["answer"], 16), length=4096)
    assert player.headline.startswith("munmap: ")


def test_the_past_calls_are_listed_when_they_are_asked_for(explorer: Explorer) -> None:
    explorer.fork()
    explorer.controls.pid = 1001
    explorer.brk()
    assert explorer.player.history == {}

    def ask(**wanted: int) -> dict[str, Any]:
        explorer.player._handle_custom_msg({"type": "history", **wanted}, [])
        assert explorer.output.outputs == ()
        return dict(explorer.player.history)

    found = ask(pid=0, count=200)
    assert [call["call"].split("(")[0] for call in found["calls"]] == ["1001 brk", "1000 fork"]
    assert found["calls"][0]["at"] == explorer.player.count - 1
    assert found["calls"][0]["headline"].startswith(explorer.player.headline)
    assert (found["more"], found["pids"]) == (0, [1000, 1001])
    assert [call["call"] for call in ask(pid=1000, count=200)["calls"]] == ["1000 fork() = 1001"]
    assert ask(pid=0, count=1)["more"] == 1


def test_where_a_call_ends_all_it_did_is_marked(explorer: Explorer) -> None:
    addr = anonymous(explorer)
    assert ids.vma_id(1, addr) in view(explorer).highlight
    changes = {line["text"][:12]: line["change"] for line in explorer.maps.lines}
    assert changes[f"{addr:08x}"] == "new"
    assert sorted(set(changes.values())) == ["", "new"]


def test_calls_are_marked_in_the_player(explorer: Explorer) -> None:
    explorer.brk()
    first = explorer.player.count
    explorer.brk()
    assert explorer.player.marks[0] == 1
    assert explorer.player.marks[-1] == first


def test_an_errno_is_shown_as_linux_shows_it(explorer: Explorer) -> None:
    explorer.controls.fill({"munmap": {"addr": "0x1001", "length": "1 page"}})
    explorer.munmap()
    answer = explorer.controls.answer
    assert answer["call"] == "munmap(0x1001, 4096)"
    assert answer["answer"] == failed("EINVAL")
    assert answer["outcome"] == "error"
    assert answer["words"] == str(because("not_page_aligned", addr=0x1001))
    explorer.fork()
    assert explorer.controls.answer["outcome"] == "good"


def test_a_signal_is_shown_and_the_next_process_chosen(explorer: Explorer) -> None:
    explorer.fork()
    explorer.store(addr=0xDEAD000, data=b"A")
    answer = explorer.controls.answer
    assert answer["answer"] == "SIGSEGV (SEGV_MAPERR, si_addr=0xdead000)"
    assert answer["outcome"] == "signal"
    assert answer["words"].endswith("; process 1000 ends here")
    assert explorer.controls.pid == 1001
    explorer.brk()
    assert explorer.controls.answer["outcome"] == "good"


def test_a_bus_error_is_shown(machine: Machine) -> None:
    machine.fs.write("/a.dat", b"x" * 10)
    explorer = Explorer(machine, calls=["mmap", "store"])
    explorer.controls.fill(
        {"mmap": {"length": "2 pages", "prot": "rw", "flags": "shared", "fd": "/a.dat"}}
    )
    explorer.mmap()
    assert explorer.controls.answer["outcome"] == "good"
    addr = int(explorer.controls.answer["answer"], 16)
    explorer.store(addr=addr + 4096, data=b"A")
    assert explorer.controls.answer["answer"] == f"SIGBUS (BUS_ADRERR, si_addr={addr + 4096:#x})"


def test_a_file_that_is_not_there(explorer: Explorer) -> None:
    explorer.controls.fill({"mmap": {"fd": "/nowhere"}})
    explorer.mmap()
    assert explorer.controls.answer["answer"] == failed("ENOENT")


def test_a_field_that_cannot_be_read_is_marked(explorer: Explorer) -> None:
    explorer.controls.fill({"munmap": {"addr": "somewhere"}})
    steps = explorer.player.count
    explorer.munmap()
    problem = explorer.controls.problem
    assert (problem["call"], problem["field"]) == ("munmap", "addr")
    assert "'somewhere' is not an address" in problem["words"]
    assert explorer.player.count == steps


def test_names_may_be_typed(explorer: Explorer) -> None:
    explorer.controls.fill({"store": {"addr": "stack + 3 pages", "data": "A"}})
    explorer.store()
    stack = next(line for line in explorer.process.maps().splitlines() if "[stack]" in line)
    start = int(stack.partition("-")[0], 16)
    assert explorer.process.load(start + 3 * 4096) == b"A"


def test_without_a_process_the_answer_says_so() -> None:
    explorer = Explorer(Machine())
    explorer.fork()
    assert explorer.controls.answer["words"] == str(because("no_process"))


STACK_LIMITS = "{rlim_cur=8192*1024, rlim_max=RLIM64_INFINITY}"
# A call of each kind: its fields, and what is shown of it. The machine has a file /a.dat, and the
# process a private page at 0x10000000 in which it wrote "hello".
SHOWN: dict[str, tuple[dict[str, str], str]] = {
    "fork": ({}, "fork() = 1001"),
    "vfork": ({}, "vfork() = 1001"),
    "clone": ({"flags": "vm files"}, "clone(flags=CLONE_VM|CLONE_FILES) = 1001"),
    "execve": (
        {"path": "/bin/a.out", "argv": "a.out 'x y'", "env": "HOME=/"},
        'execve("/bin/a.out", ["a.out", "x y"], ["HOME=/"]) = 0',
    ),
    "exit_group": ({"code": "3"}, "exit_group(3) = ?"),
    "exit": ({}, "exit(0) = ?"),
    "getpid": ({}, "getpid() = 1000"),
    "mmap": (
        {"addr": "0x20000000", "fd": "/a.dat"},
        'mmap(0x20000000, 16384, PROT_READ|PROT_WRITE, MAP_PRIVATE, "/a.dat", 0) = 0x20000000',
    ),
    "munmap": ({}, "munmap(0x10000000, 4096) = 0"),
    "mprotect": ({"prot": "r"}, "mprotect(0x10000000, 4096, PROT_READ) = 0"),
    "mremap": ({}, "mremap(0x10000000, 4096, 8192, MREMAP_MAYMOVE) = 0x10000000"),
    "madvise": ({}, "madvise(0x10000000, 4096, MADV_DONTNEED) = 0"),
    "msync": ({}, "msync(0x10000000, 4096, MS_SYNC) = 0"),
    "mlock": ({}, "mlock(0x10000000, 4096) = 0"),
    "mlock2": ({}, "mlock2(0x10000000, 4096, MLOCK_ONFAULT) = 0"),
    "mlockall": ({"flags": "current future"}, "mlockall(MCL_CURRENT|MCL_FUTURE) = 0"),
    "munlockall": ({}, "munlockall() = 0"),
    "munlock": ({}, "munlock(0x10000000, 4096) = 0"),
    "mincore": ({}, r'mincore(0x10000000, 4096, NULL) = "\1"'),
    "mseal": ({}, "mseal(0x10000000, 4096, 0) = 0"),
    "remap_file_pages": (
        {"prot": "none"},
        f"remap_file_pages(0x10000000, 4096, PROT_NONE, 0, 0) = {failed('EINVAL')}",
    ),
    "brk": ({"addr": "0"}, "brk(NULL) = 0x406000"),
    "open": ({"path": "/a.dat"}, 'open("/a.dat", O_RDWR) = 4'),
    "openat": ({"path": "/a.dat"}, 'openat(AT_FDCWD, "/a.dat", O_RDWR) = 4'),
    "fstat": ({"statbuf": "0x10000000"}, "fstat(3, 0x10000000) = 0"),
    "lseek": ({"offset": "2", "whence": "end"}, "lseek(3, 2, SEEK_END) = 11"),
    "memfd_create": ({"name": "m"}, 'memfd_create("m", 0) = 4'),
    "pipe": ({}, "pipe() = (4, 5)"),
    "dup2": ({}, "dup2(3, 4) = 4"),
    "fcntl": ({"cmd": "getfl"}, "fcntl(3, F_GETFL) = 0x8002 (flags O_RDWR|O_LARGEFILE)"),
    "close": ({}, "close(3) = 0"),
    "ftruncate": ({"length": "100"}, "ftruncate(3, 100) = 0"),
    "fsync": ({}, "fsync(3) = 0"),
    "fdatasync": ({}, "fdatasync(3) = 0"),
    "sync": ({}, "sync() = 0"),
    "fallocate": (
        {"mode": "fl_keep_size", "length": "2 pages"},
        "fallocate(3, FALLOC_FL_KEEP_SIZE, 0, 8192) = 0",
    ),
    "read": ({"buf": "0x10000000", "count": "4"}, "read(3, 0x10000000, 4) = 4"),
    "write": ({"buf": "0x10000000", "count": "5"}, "write(3, 0x10000000, 5) = 5"),
    "pread64": ({"buf": "0x10000000"}, "pread64(3, 0x10000000, 16, 0) = 9"),
    "pwrite64": ({"buf": "0x10000000", "offset": "2"}, "pwrite64(3, 0x10000000, 16, 2) = 16"),
    "readv": ({"iov": "0x10000100"}, "readv(3, 0x10000100, 1) = 0"),
    "writev": ({"iov": "0x10000100", "iovcnt": "2"}, "writev(3, 0x10000100, 2) = 0"),
    "preadv": ({"iov": "0x10000100"}, "preadv(3, 0x10000100, 1, 0) = 0"),
    "pwritev": ({"iov": "0x10000100", "offset": "2"}, "pwritev(3, 0x10000100, 1, 2) = 0"),
    "shmget": ({"key": "0x77"}, "shmget(0x77, 4096, IPC_CREAT|0600) = 1"),
    "shmat": (
        {"shmaddr": "0x20000000", "shmflg": "rdonly"},
        "shmat(0, 0x20000000, SHM_RDONLY) = 0x20000000",
    ),
    "shmctl": ({"buf": "0x10000000"}, "shmctl(0, IPC_STAT, 0x10000000) = 0"),
    "shmdt": ({"shmaddr": "0x30000000"}, "shmdt(0x30000000) = 0"),
    "semget": ({"key": "0x77"}, "semget(0x77, 1, IPC_CREAT|0600) = 1"),
    "semop": ({"sops": "0x10000100"}, "semop(0, 0x10000100, 1) = 0"),
    "semtimedop": ({"sops": "0x10000100"}, "semtimedop(0, 0x10000100, 1, NULL) = 0"),
    "semctl": ({"cmd": "setval", "arg": "5"}, "semctl(0, 0, SETVAL, 0x5) = 0"),
    "msgget": ({"key": "0x77"}, "msgget(0x77, IPC_CREAT|0600) = 1"),
    "msgsnd": ({"msgp": "0x10000000"}, "msgsnd(0, 0x10000000, 16, IPC_NOWAIT) = 0"),
    "msgrcv": (
        {"msgp": "0x10000000", "msgtyp": "-2"},
        f"msgrcv(0, 0x10000000, 16, -2, IPC_NOWAIT) = {failed('ENOMSG')}",
    ),
    "msgctl": ({"buf": "0x10000000"}, "msgctl(0, IPC_STAT, 0x10000000) = 0"),
    "rt_sigqueueinfo": (
        {"sig": "0", "pid": "1000", "info": "0x10000100"},
        "rt_sigqueueinfo(1000, 0, 0x10000100) = 0",
    ),
    "rt_tgsigqueueinfo": (
        {"sig": "0", "tgid": "1000", "tid": "1000", "info": "0x10000100"},
        "rt_tgsigqueueinfo(1000, 1000, 0, 0x10000100) = 0",
    ),
    "timer_create": (
        {"timerid": "0x10000100"},
        "timer_create(CLOCK_MONOTONIC, NULL, 0x10000100) = 0",
    ),
    "timer_settime": (
        {"new_value": "0x10000100"},
        "timer_settime(0, 0, 0x10000100, NULL) = 0",
    ),
    "timer_gettime": ({"curr_value": "0x10000100"}, "timer_gettime(0, 0x10000100) = 0"),
    "timer_getoverrun": ({}, "timer_getoverrun(0) = 0"),
    "timer_delete": ({}, "timer_delete(0) = 0"),
    "setrlimit": ({"soft": "unlimited"}, "setrlimit(RLIMIT_STACK, RLIM64_INFINITY) = 0"),
    "getrlimit": ({}, "getrlimit(RLIMIT_STACK, NULL) = " + STACK_LIMITS),
    "prlimit64": (
        {"new_limit": "1M, unlimited"},
        "prlimit64(0, RLIMIT_STACK, {rlim_cur=1024*1024, rlim_max=RLIM64_INFINITY}, NULL) = "
        + STACK_LIMITS,
    ),
    "personality": (
        {},
        "personality(PER_LINUX|ADDR_COMPAT_LAYOUT) = 0 (PER_LINUX)",
    ),
    "prctl": (
        {"option": "get_thp_disable"},
        "prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0) = 0",
    ),
    "arch_prctl": ({"addr": "0x10000000"}, "arch_prctl(ARCH_GET_FS, 0x10000000) = 0"),
    "process_vm_readv": (
        {"pid": "1000", "local_iov": "0x10000000", "remote_iov": "0x10000000"},
        "process_vm_readv(1000, 0x10000000, 1, 0x10000000, 1, 0) = 0",
    ),
    "process_vm_writev": (
        {"pid": "1000", "local_iov": "0x10000000", "remote_iov": "0x10000000"},
        "process_vm_writev(1000, 0x10000000, 1, 0x10000000, 1, 0) = 0",
    ),
    "pidfd_open": ({"pid": "1000", "flags": "thread"}, "pidfd_open(1000, PIDFD_THREAD) = 4"),
    "process_madvise": (
        {"pidfd": "-10000", "vec": "0x10000100", "advice": "cold"},
        "process_madvise(-10000, 0x10000100, 1, MADV_COLD, 0) = 0",
    ),
    "set_tid_address": ({"tidptr": "0x10000000"}, "set_tid_address(0x10000000) = 1000"),
    "clone3": ({"cl_args": "0x10000100"}, "clone3(0x10000100, 88) = 1001"),
    "futex": (
        {"uaddr": "0x10000000"},
        "futex(0x10000000, FUTEX_WAKE, 1, NULL, NULL, 0) = 0",
    ),
    "set_robust_list": ({"head": "0x10000000"}, "set_robust_list(0x10000000, 24) = 0"),
    "get_robust_list": (
        {"pid": "0", "head_ptr": "0x10000000", "len_ptr": "0x10000008"},
        "get_robust_list(0, 0x10000000, 0x10000008) = 0",
    ),
    "rseq": ({"rseq": "0x10000020"}, "rseq(0x10000020, 32, 0, 1) = 0"),
    "sched_yield": ({}, "sched_yield() = 0"),
    "nanosleep": ({"rqtp": "0x10000020"}, "nanosleep(0x10000020, NULL) = 0"),
    "clock_nanosleep": (
        {"rqtp": "0x10000020"},
        "clock_nanosleep(CLOCK_MONOTONIC, 0, 0x10000020, NULL) = 0",
    ),
    "membarrier": ({}, "membarrier(MEMBARRIER_CMD_QUERY, 0, 0) = 1023"),
    "rt_sigaction": ({}, "rt_sigaction(SIGSEGV, 1) = 0"),
    "rt_sigprocmask": (
        {"set": "0x10000000"},
        "rt_sigprocmask(SIG_BLOCK, 0x10000000, NULL, 8) = 0",
    ),
    "rt_sigreturn": ({}, "rt_sigreturn() = ?"),
    "rt_sigpending": ({"set": "0x10000000"}, "rt_sigpending(0x10000000, 8) = 0"),
    "rt_sigsuspend": ({"mask": "0x10000000"}, f"rt_sigsuspend(0x10000000, 8) = {failed('EAGAIN')}"),
    "pause": ({}, f"pause() = {failed('EAGAIN')}"),
    "rt_sigtimedwait": (
        {"uthese": "0x10000000"},
        f"rt_sigtimedwait(0x10000000, NULL, NULL, 8) = {failed('EAGAIN')}",
    ),
    "sigaltstack": ({}, "sigaltstack(NULL, NULL) = 0"),
    "kill": ({"pid": "1000", "sig": "SIGCHLD"}, "kill(1000, SIGCHLD) = 0"),
    "tkill": ({"tid": "1000", "sig": "SIGCHLD"}, "tkill(1000, SIGCHLD) = 0"),
    "tgkill": (
        {"tgid": "1000", "tid": "1000", "sig": "SIGCHLD"},
        "tgkill(1000, 1000, SIGCHLD) = 0",
    ),
    "gettid": ({}, "gettid() = 1000"),
    "getppid": ({}, "getppid() = 1"),
    "getuid": ({}, "getuid() = 0"),
    "geteuid": ({}, "geteuid() = 0"),
    "getgid": ({}, "getgid() = 0"),
    "getegid": ({}, "getegid() = 0"),
    "getpgrp": ({}, "getpgrp() = 1000"),
    "getpgid": ({}, "getpgid(0) = 1000"),
    "setpgid": ({}, f"setpgid(0, 0) = {failed('EPERM')}"),
    "getsid": ({}, "getsid(0) = 1000"),
    "setsid": ({}, f"setsid() = {failed('EPERM')}"),
    "uname": ({"buf": "0x10000000"}, "uname(0x10000000) = 0"),
    "getrandom": ({"buf": "0x10000000"}, "getrandom(0x10000000, 16, 0) = 16"),
    "pipe2": ({"flags": "cloexec"}, "pipe2(O_CLOEXEC) = (4, 5)"),
    "dup": ({}, "dup(3) = 4"),
    "dup3": ({}, "dup3(3, 4, 0) = 4"),
    "close_range": ({}, "close_range(3, 4, 0) = 0"),
    "ioctl": ({"arg": "0x10000000"}, "ioctl(3, FIONREAD, 0x10000000) = 0"),
    "stat": ({"path": "/a.dat", "statbuf": "0x10000000"}, 'stat("/a.dat", 0x10000000) = 0'),
    "lstat": ({"path": "/a.dat", "statbuf": "0x10000000"}, 'lstat("/a.dat", 0x10000000) = 0'),
    "newfstatat": (
        {"path": "a.dat", "statbuf": "0x10000000"},
        'newfstatat(AT_FDCWD, "a.dat", 0x10000000, 0) = 0',
    ),
    "access": ({"path": "/a.dat", "mode": "r_ok w_ok"}, 'access("/a.dat", R_OK|W_OK) = 0'),
    "faccessat": ({"path": "a.dat"}, 'faccessat(AT_FDCWD, "a.dat", F_OK) = 0'),
    "readlink": (
        {"path": "/a.dat", "buf": "0x10000000"},
        f'readlink("/a.dat", 0x10000000, 64) = {failed("EINVAL")}',
    ),
    "readlinkat": (
        {"path": "a.dat", "buf": "0x10000000"},
        f'readlinkat(AT_FDCWD, "a.dat", 0x10000000, 64) = {failed("EINVAL")}',
    ),
    "waitid": ({}, f"waitid(P_ALL, 0, NULL, WEXITED, NULL) = {failed('ECHILD')}"),
    "alarm": ({}, "alarm(1) = 0"),
    "setitimer": ({}, "setitimer(ITIMER_REAL, NULL, NULL) = 0"),
    "getitimer": ({"curr_value": "0x10000000"}, "getitimer(ITIMER_REAL, 0x10000000) = 0"),
    "faccessat2": ({"path": "a.dat"}, 'faccessat2(AT_FDCWD, "a.dat", F_OK, 0) = 0'),
    "statx": (
        {"path": "a.dat", "buffer": "0x10000000"},
        'statx(AT_FDCWD, "a.dat", 0, STATX_SIZE, 0x10000000) = 0',
    ),
    "getdents64": ({"dirp": "0x10000000"}, f"getdents64(3, 0x10000000, 64) = {failed('ENOTDIR')}"),
    "sendfile": ({"in_fd": "3", "out_fd": "3"}, "sendfile(3, 3, NULL, 16) = 9"),
    "truncate": ({"path": "/a.dat", "length": "9"}, 'truncate("/a.dat", 9) = 0'),
    "flock": ({}, "flock(3, LOCK_EX|LOCK_NB) = 0"),
    "copy_file_range": (
        {"fd_in": "3", "fd_out": "3", "length": "0"},
        "copy_file_range(3, NULL, 3, NULL, 0, 0) = 0",
    ),
    "poll": ({"fds": "0x10000000"}, "poll(0x10000000, 1, 0) = 1"),
    "ppoll": ({"fds": "0x10000000"}, "ppoll(0x10000000, 1, NULL, NULL, 8) = 1"),
    "select": (
        {"readfds": "0x10000100"},
        f"select(4, 0x10000100, NULL, NULL, NULL) = {failed('EAGAIN')}",
    ),
    "pselect6": ({}, f"pselect6(4, NULL, NULL, NULL, NULL, NULL) = {failed('EAGAIN')}"),
    "eventfd": ({}, "eventfd(0) = 4"),
    "eventfd2": ({"flags": "nonblock"}, "eventfd2(0, EFD_NONBLOCK) = 4"),
    "epoll_create": ({}, "epoll_create(1) = 4"),
    "epoll_create1": ({"flags": "cloexec"}, "epoll_create1(EPOLL_CLOEXEC) = 4"),
    "epoll_ctl": (
        {"event": "0x10000000"},
        f"epoll_ctl(3, EPOLL_CTL_ADD, 3, 0x10000000) = {failed('EPERM')}",
    ),
    "epoll_wait": (
        {"events": "0x10000000"},
        f"epoll_wait(3, 0x10000000, 4, 0) = {failed('EINVAL')}",
    ),
    "epoll_pwait": (
        {"events": "0x10000000"},
        f"epoll_pwait(3, 0x10000000, 4, 0, NULL, 8) = {failed('EINVAL')}",
    ),
    "epoll_pwait2": (
        {"events": "0x10000000"},
        f"epoll_pwait2(3, 0x10000000, 4, NULL, NULL, 8) = {failed('EINVAL')}",
    ),
    "timerfd_create": ({}, "timerfd_create(CLOCK_MONOTONIC, 0) = 4"),
    "timerfd_settime": (
        {"new_value": "0x10000000"},
        f"timerfd_settime(3, 0, 0x10000000, NULL) = {failed('EINVAL')}",
    ),
    "timerfd_gettime": (
        {"curr_value": "0x10000000"},
        f"timerfd_gettime(3, 0x10000000) = {failed('EINVAL')}",
    ),
    "signalfd": ({"fd": "-1", "mask": "0x10000000"}, "signalfd(-1, 0x10000000, 8) = 4"),
    "signalfd4": ({"fd": "-1", "mask": "0x10000000"}, "signalfd4(-1, 0x10000000, 8, 0) = 4"),
    "socket": ({}, "socket(AF_UNIX, SOCK_STREAM, 0) = 4"),
    "socketpair": (
        {"type": "seqpacket|nonblock"},
        "socketpair(AF_UNIX, SOCK_SEQPACKET|SOCK_NONBLOCK, 0) = (4, 5)",
    ),
    "bind": (
        {"addr": "0x10000000"},
        f"bind(3, 0x10000000, 4) = {failed('ENOTSOCK')}",
    ),
    "listen": ({}, f"listen(3, 4) = {failed('ENOTSOCK')}"),
    "accept": ({}, f"accept(3, NULL, NULL) = {failed('ENOTSOCK')}"),
    "accept4": (
        {"flags": "nonblock"},
        f"accept4(3, NULL, NULL, SOCK_NONBLOCK) = {failed('ENOTSOCK')}",
    ),
    "connect": (
        {"addr": "0x10000000"},
        f"connect(3, 0x10000000, 4) = {failed('ENOTSOCK')}",
    ),
    "mq_open": (
        {"name": "jobs", "oflag": "rdwr creat"},
        'mq_open("jobs", O_RDWR|O_CREAT, 0644, NULL) = 4',
    ),
    "mq_unlink": ({"name": "jobs"}, f'mq_unlink("jobs") = {failed("ENOENT")}'),
    "mq_timedsend": (
        {"msg_ptr": "0x10000000"},
        f"mq_timedsend(3, 0x10000000, 16, 0, NULL) = {failed('EBADF')}",
    ),
    "mq_timedreceive": (
        {"msg_ptr": "0x10000000"},
        f"mq_timedreceive(3, 0x10000000, 16, NULL, NULL) = {failed('EBADF')}",
    ),
    "mq_notify": ({}, f"mq_notify(3, NULL) = {failed('EBADF')}"),
    "mq_getsetattr": ({}, f"mq_getsetattr(3, NULL, NULL) = {failed('EBADF')}"),
    "statfs": ({"path": "/dev", "buf": "0x10000000"}, 'statfs("/dev", 0x10000000) = 0'),
    "fstatfs": ({"buf": "0x10000000"}, "fstatfs(3, 0x10000000) = 0"),
    "sendto": (
        {"buf": "0x10000000", "flags": "dontwait"},
        f"sendto(3, 0x10000000, 16, MSG_DONTWAIT, NULL, 0) = {failed('ENOTSOCK')}",
    ),
    "recvfrom": (
        {"buf": "0x10000000"},
        f"recvfrom(3, 0x10000000, 16, 0, NULL, NULL) = {failed('ENOTSOCK')}",
    ),
    "sendmsg": ({"msg": "0x10000000"}, f"sendmsg(3, 0x10000000, 0) = {failed('ENOTSOCK')}"),
    "recvmsg": ({"msg": "0x10000000"}, f"recvmsg(3, 0x10000000, 0) = {failed('ENOTSOCK')}"),
    "shutdown": ({}, f"shutdown(3, SHUT_WR) = {failed('ENOTSOCK')}"),
    "getsockname": (
        {"addr": "0x10000000", "addrlen": "0x10000000"},
        f"getsockname(3, 0x10000000, 0x10000000) = {failed('ENOTSOCK')}",
    ),
    "getpeername": (
        {"addr": "0x10000000", "addrlen": "0x10000000"},
        f"getpeername(3, 0x10000000, 0x10000000) = {failed('ENOTSOCK')}",
    ),
    "setsockopt": (
        {"optval": "0x10000000", "optname": "sndbuf"},
        f"setsockopt(3, SOL_SOCKET, SO_SNDBUF, 0x10000000, 4) = {failed('ENOTSOCK')}",
    ),
    "getsockopt": (
        {"optval": "0x10000000", "optlen": "0x10000000"},
        f"getsockopt(3, SOL_SOCKET, SO_TYPE, 0x10000000, 0x10000000) = {failed('ENOTSOCK')}",
    ),
    "getcwd": ({"buf": "0x10000000"}, "getcwd(0x10000000, 64) = 2"),
    "chdir": ({"path": "/dev"}, 'chdir("/dev") = 0'),
    "fchdir": ({}, f"fchdir(3) = {failed('ENOTDIR')}"),
    "mkdir": ({"path": "/d"}, 'mkdir("/d", 0644) = 0'),
    "mkdirat": ({"path": "d", "mode": "0700"}, 'mkdirat(AT_FDCWD, "d", 0700) = 0'),
    "rmdir": ({"path": "/dev"}, f'rmdir("/dev") = {failed("EBUSY")}'),
    "unlink": ({"path": "/a.dat"}, 'unlink("/a.dat") = 0'),
    "unlinkat": ({"path": "a.dat"}, 'unlinkat(AT_FDCWD, "a.dat", 0) = 0'),
    "rename": ({"oldpath": "/a.dat", "newpath": "/b"}, 'rename("/a.dat", "/b") = 0'),
    "renameat": (
        {"oldpath": "a.dat", "newpath": "b"},
        'renameat(AT_FDCWD, "a.dat", AT_FDCWD, "b") = 0',
    ),
    "creat": ({"path": "/new"}, 'creat("/new", 0644) = 4'),
    "getdents": ({"dirp": "0x10000000"}, f"getdents(3, 0x10000000, 64) = {failed('ENOTDIR')}"),
    "symlink": ({"target": "a.dat", "linkpath": "/l"}, 'symlink("a.dat", "/l") = 0'),
    "symlinkat": (
        {"target": "a.dat", "linkpath": "l"},
        'symlinkat("a.dat", AT_FDCWD, "l") = 0',
    ),
    "link": ({"oldpath": "/a.dat", "newpath": "/b"}, 'link("/a.dat", "/b") = 0'),
    "linkat": (
        {"oldpath": "a.dat", "newpath": "b"},
        'linkat(AT_FDCWD, "a.dat", AT_FDCWD, "b", 0) = 0',
    ),
    "mknod": ({"path": "/p"}, 'mknod("/p", S_IFIFO|0644) = 0'),
    "mknodat": (
        {"path": "z", "mode": "ifchr 0600", "dev": "0x105"},
        'mknodat(AT_FDCWD, "z", S_IFCHR|0600, makedev(0x1, 0x5)) = 0',
    ),
    "renameat2": (
        {"oldpath": "a.dat", "newpath": "b", "flags": "noreplace"},
        'renameat2(AT_FDCWD, "a.dat", AT_FDCWD, "b", RENAME_NOREPLACE) = 0',
    ),
    "chmod": ({"path": "/a.dat"}, 'chmod("/a.dat", 0644) = 0'),
    "fchmod": ({}, "fchmod(3, 0644) = 0"),
    "fchmodat": ({"path": "a.dat"}, 'fchmodat(AT_FDCWD, "a.dat", 0644) = 0'),
    "fchmodat2": ({"path": "a.dat"}, 'fchmodat2(AT_FDCWD, "a.dat", 0644, 0) = 0'),
    "chown": ({"path": "/a.dat", "group": "-1"}, 'chown("/a.dat", 0, -1) = 0'),
    "fchown": ({"owner": "1000"}, "fchown(3, 1000, 0) = 0"),
    "lchown": ({"path": "/a.dat"}, 'lchown("/a.dat", 0, 0) = 0'),
    "fchownat": ({"path": "a.dat"}, 'fchownat(AT_FDCWD, "a.dat", 0, 0, 0) = 0'),
    "utime": ({"path": "/a.dat"}, 'utime("/a.dat", NULL) = 0'),
    "utimes": ({"path": "/a.dat"}, 'utimes("/a.dat", NULL) = 0'),
    "futimesat": ({"path": "a.dat"}, 'futimesat(AT_FDCWD, "a.dat", NULL) = 0'),
    "utimensat": (
        {"dirfd": "3", "path": ""},
        "utimensat(3, NULL, NULL, 0) = 0",
    ),
    "fadvise64": ({}, "fadvise64(3, 0, 0, POSIX_FADV_WILLNEED) = 0"),
    "readahead": ({}, "readahead(3, 0, 16) = 0"),
    "sync_file_range": (
        {},
        "sync_file_range(3, 0, 0, SYNC_FILE_RANGE_WRITE) = 0",
    ),
    "umask": ({"mask": "077"}, "umask(077) = 022"),
    "wait4": ({}, f"wait4(-1, NULL, __WALL, NULL) = {failed('ECHILD')}"),
    "getrusage": ({"usage": "0x10000000"}, "getrusage(RUSAGE_SELF, 0x10000000) = 0"),
    "sysinfo": ({"info": "0x10000000"}, "sysinfo(0x10000000) = 0"),
    "times": ({}, "times(NULL) = 0"),
    "getpriority": ({}, "getpriority(PRIO_PROCESS, 0) = 20"),
    "sched_getaffinity": ({"mask": "0x10000000"}, "sched_getaffinity(0, 8, 0x10000000) = 8"),
    "getcpu": ({"cpu": "0x10000000"}, "getcpu(0x10000000, NULL) = 0"),
    "clock_gettime": ({"tp": "0x10000000"}, "clock_gettime(CLOCK_MONOTONIC, 0x10000000) = 0"),
    "clock_getres": ({}, "clock_getres(CLOCK_MONOTONIC, NULL) = 0"),
    "gettimeofday": ({"tv": "0x10000000"}, "gettimeofday(0x10000000, NULL) = 0"),
    "time": ({}, "time(NULL) = 0"),
    "store": ({"addr": "0x10000000", "data": r"\xff\n"}, r'store(0x10000000, "\377\n") = ok'),
    "load": ({"addr": "0x10000000", "n": "6"}, r'load(0x10000000, 6) = "hello\0"'),
    "add": ({"addr": "0x10000000"}, "add(0x10000000, 1) = 105"),
    "fetch": ({"addr": "0x401000"}, "fetch(0x401000) = 65"),
}


@pytest.mark.parametrize("name", ACTIONS)
def test_every_call_has_a_button(machine: Machine, name: str) -> None:
    machine.fs.write("/a.dat", b"some text")
    process = machine[1000]
    process.mmap(0x10000000, 4096, 3, MAP_PRIVATE | MAP_ANONYMOUS)
    process.store(0x10000000, b"hello")
    process.open("/a.dat", O_RDWR)
    process.shmat(process.shmget(0, 4096), 0x30000000)
    process.semget(0, 1)
    process.msgget(0)
    process.timer_create(1, None, 0x10000800)
    explorer = Explorer(machine, show=["address_space"], calls=[name])
    texts, shown = SHOWN[name]
    first = ACTIONS[name].parameters[:1]
    if first and first[0].kind is Kind.ADDRESS:
        texts = {first[0].name: "0x10000000", **texts}
    explorer.controls._handle_custom_msg({"type": "call", "name": name, "texts": texts}, [])
    assert explorer.output.outputs == ()
    assert explorer.controls.problem == {}
    said = explorer.controls.answer
    assert f"{said['call']} = {said['answer']}" == shown
    told = explorer.timeline.recorder.transcript()
    # The first opens the file; an errno is told otherwise.
    if name != "mmap" and " = -" not in shown:
        assert shown in told, "the story says the same"


def test_memory_that_is_not_needed_can_be_left_empty(machine: Machine) -> None:
    machine[1000].shmget(0, 4096)
    explorer = Explorer(machine, show=["address_space"], calls=["shmctl"])
    explorer.controls._handle_custom_msg(
        {"type": "call", "name": "shmctl", "texts": {"cmd": "rmid"}}, []
    )
    assert explorer.controls.answer["call"] == "shmctl(0, IPC_RMID, NULL)"


@pytest.mark.parametrize("name", ["mmap", "shmat"])
def test_a_place_that_may_be_any_can_be_left_empty(machine: Machine, name: str) -> None:
    machine[1000].shmget(0, 4096)
    explorer = Explorer(machine, show=["address_space"], calls=[name])
    explorer.controls._handle_custom_msg({"type": "call", "name": name, "texts": {}}, [])
    assert explorer.controls.problem == {}
    assert explorer.controls.answer["outcome"] == "good"
    assert "NULL" in explorer.controls.answer["call"]


def test_every_call_is_a_method_too(explorer: Explorer) -> None:
    methods = {name for name in ACTIONS if getattr(Explorer, name).__module__.endswith("_buttons")}
    assert set(ACTIONS) - methods == {"open", "close"}, "which every widget has"
    assert "what is mapped in a range" in (Explorer.munmap.__doc__ or "")
    assert str(signature(explorer.munmap)) == "(*, addr=None, length=None)"
    explorer.call("pipe")
    explorer.call("close", fd=3)
    assert explorer.controls.answer["call"] == "close(3)"
    explorer.mincore(addr=0x400000, length=4096)  # has no button here
    assert explorer.controls.answer["answer"] == r'"\1"'


@pytest.mark.parametrize(
    ("name", "given", "error", "code"),
    [
        ("munmap", {"addr": 4096}, TypeError, "argument_missing"),
        ("munmap", {"addr": 4096, "size": 1}, ValueError, "argument_unknown"),
        ("fork", {"flags": 1}, ValueError, "call_has_no_arguments"),
        ("sbrk", {}, ValueError, "no_call_named"),
        ("munmap", {"addr": "x", "length": 1}, TypeError, "arg_not_number"),
    ],
)
def test_arguments_that_cannot_be(
    explorer: Explorer, name: str, given: dict[str, Any], error: type[Exception], code: str
) -> None:
    with pytest.raises(error) as raised:
        explorer.call(name, **given)
    assert raised.value.reason.code == code  # type: ignore[attr-defined]


class Painter(Explorer):
    """An Explorer with a button of its own."""

    def paint(self, addr: int, letter: bytes) -> int | None:
        """Write a letter to each byte of a page; tell how many."""
        self.process.store(addr, letter * 4096)
        return len(letter) * 4096 or None


def read_text(text: str, _: Meaning) -> bytes:
    return text.encode()


PAINT = CallForm(
    "paint",
    "write a letter to each byte of a page",
    (FORMS["load"].fields[0], CallField("letter", read_text, "A")),
)


def test_a_call_of_a_subclass(machine: Machine) -> None:
    explorer = Painter(machine, calls=["mmap", PAINT])
    addr = anonymous(explorer)
    texts = {"addr": f"{addr:#x}", "letter": "B"}
    explorer.controls._handle_custom_msg({"type": "call", "name": "paint", "texts": texts}, [])
    assert explorer.controls.answer == {
        "call": f'paint({addr}, "B")',
        "answer": "4096",
        "outcome": "good",
        "words": "",
    }
    assert machine[1000].load(addr + 4095) == b"B"
    explorer.call("paint", addr=addr, letter=b"")
    assert explorer.controls.answer["answer"] == ""
    explorer.call("paint", addr=0xDEAD000, letter=b"C")
    assert explorer.controls.answer["answer"].startswith("SIGSEGV")


def test_a_method_of_a_subclass_by_its_name(machine: Machine) -> None:
    class Greeter(Explorer):
        def greet(self) -> str:
            """Say hello."""
            return "hello"

    explorer = Greeter(machine, calls=["mmap", "greet"])
    explorer.controls._handle_custom_msg({"type": "call", "name": "greet", "texts": {}}, [])
    assert explorer.controls.calls["greet"] == CallForm("greet", "Say hello.")
    assert explorer.controls.answer["answer"] == '"hello"'


@pytest.mark.parametrize("name", ["refresh", "machine", "observe", "process", "paint", "munmapp"])
def test_only_what_can_be_called_gets_a_button(machine: Machine, name: str) -> None:
    words = f"no call is named '{name}'; there are fork, .*, fetch$"
    with pytest.raises(VmlabError, match=words):
        Explorer(machine, calls=[CallForm(name, "do something")])
    with pytest.raises(ValueError, match=words):
        Explorer(machine, calls=[name])
    if name != "paint":
        with pytest.raises(ValueError, match=r"there are fork, .*, fetch, paint$"):
            Painter(machine, calls=[CallForm(name, "do something")])


@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem)
def test_the_lessons_name_calls_that_there_are(path: Path) -> None:
    source = "".join(
        line for cell in json.loads(path.read_text())["cells"] for line in cell["source"]
    )
    for found in re.findall(r'calls ?= ?(\["[^]]*\])', source):
        assert set(json.loads(found)) <= set(ACTIONS)


def test_what_nobody_expected_goes_on_from_a_method(
    explorer: Explorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(explorer.process), "fork", lambda self: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        explorer.fork()


def test_what_nobody_expected_is_shown_by_a_button(
    explorer: Explorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(type(explorer.process), "fork", lambda self: 1 // 0)
        explorer.controls._handle_custom_msg({"type": "call", "name": "fork"}, [])
    (shown,) = explorer.output.outputs
    assert shown["name"] == "stderr"
    assert "ZeroDivisionError" in shown["text"]
    explorer.controls._handle_custom_msg({"type": "call", "name": "fork"}, [])
    assert explorer.controls.answer["answer"] == "1001"


def test_a_click_on_a_page_stores_to_it(explorer: Explorer) -> None:
    addr = anonymous(explorer)
    explorer.point(Pick(ids.pte_id(1, addr)))
    assert explorer.controls.answer["call"] == f'store({addr:#x}, "A")'
    assert explorer.process.load(addr) == b"A"
    explorer.point(Pick(ids.pte_id(1, addr), shift=True))
    assert explorer.controls.answer["call"] == f"load({addr:#x}, 1)"


def test_a_click_on_a_region_fills_the_fields(explorer: Explorer) -> None:
    addr = anonymous(explorer)
    steps = explorer.player.count
    explorer.point(Pick(ids.vma_id(1, addr)))
    assert explorer.controls.texts["munmap"] == {"addr": f"{addr:#x}", "length": "4 pages"}
    assert explorer.controls.texts["mprotect"]["addr"] == f"{addr:#x}"
    assert explorer.controls.texts["mmap"]["addr"] == ""
    assert explorer.player.count == steps


def test_a_click_in_the_maps_text_does_the_same(explorer: Explorer) -> None:
    line = explorer.maps.lines[0]
    explorer.maps._handle_custom_msg({"type": "click", "id": line["id"]}, [])
    assert explorer.controls.texts["munmap"]["addr"] == f"{int(line['text'][:8], 16):#x}"


def test_a_click_on_a_process_chooses_it(explorer: Explorer) -> None:
    explorer.fork()
    assert [entry["pid"] for entry in explorer.controls.processes] == [1000, 1001]
    explorer.point(Pick(ids.task_id(1001)))
    assert explorer.process.pid == 1001
    assert explorer.maps.title == "/proc/1001/maps"


def test_a_click_on_an_event_goes_to_its_step(explorer: Explorer) -> None:
    explorer.brk()
    explorer.point(Pick("step_2"))
    assert explorer.player.step == 3


def test_a_click_on_what_is_gone_does_nothing(explorer: Explorer) -> None:
    texts = explorer.controls.texts
    for key in ("vma_7_1000", "vma_1_123000", "pfn_5", "nonsense", ""):
        explorer.point(Pick(key))
    assert explorer.controls.texts["munmap"] == texts["munmap"]
    assert explorer.output.outputs == ()


def test_the_choice_of_processes(machine: Machine) -> None:
    machine[1000].fork()
    machine[1000].fork()
    explorer = Explorer(machine, processes=[1000, 1002])
    assert [entry["label"] for entry in explorer.controls.processes] == ["1000 a.out", "1002 a.out"]
    assert "mm_2" not in view(explorer).svg
    assert "mm_3" in view(explorer).svg


def test_a_child_is_seen_while_a_chosen_process_makes_it(machine: Machine) -> None:
    explorer = Explorer(machine, show="address_space", processes=[1000])
    explorer.fork()
    assert "mm_2" not in view(explorer).svg
    explorer.player.by_steps = True
    making = [step for step in explorer.timeline.recorder.steps if step.event.name == "vma_link"]
    explorer.player.step = making[-1].number + 1
    assert "mm_2" in view(explorer).svg
    assert "child of 1000, not ready yet" in view(explorer).description


def test_the_choice_of_pictures(machine: Machine) -> None:
    explorer = Explorer(machine, show=["vma_tree", ["frames", "page_table"]], calls=["mmap"])
    assert repr(explorer) == "Explorer(vma_tree, frames and 1 more)"
    assert view(explorer).label == "VMA tree: pid 1000 a.out"
    tabbed = view(explorer, 1)
    assert tabbed.tabs == ("Frames", "Page table")
    frames = tabbed.svg
    tabbed.tab = "Page table"
    assert tabbed.svg != frames
    assert tabbed.label == "Page table: pid 1000 a.out"
    assert list(explorer.controls.calls) == ["mmap"]


@pytest.mark.parametrize("name", PICTURES)
def test_every_picture_is_drawn_at_every_step(machine: Machine, name: str) -> None:
    explorer = Explorer(machine, show=[name])
    anonymous(explorer)
    explorer.store(addr=0xDEAD000, data=b"A")
    for step in range(explorer.player.count):
        explorer.player.step = step
        assert view(explorer).svg.startswith("<svg")
        assert view(explorer).description


def test_a_sign_of_memory_over_time_leads_to_its_step(machine: Machine) -> None:
    explorer = Explorer(machine, show=["memory_over_time"])
    explorer.store(addr=anonymous(explorer), data=b"A")
    step = next(
        step.number for step in explorer.timeline.recorder.steps if step.event.name == "fault_done"
    )
    assert f'id="step_{step}"' in view(explorer).svg
    explorer.point(Pick(f"step_{step}"))
    assert explorer.player.step == step + 1
    assert explorer.player.event == "fault_done"


def test_memory_over_time_is_found_only_where_it_is_shown(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(pictures, "lifespans", lambda history: asked.append(history) or NOTHING)
    explorer = Explorer(machine, show=[("frames", "memory_over_time")])
    anonymous(explorer)
    assert asked == []
    view(explorer).tab = "Over time"
    explorer.player.step = 1
    assert asked == [explorer.timeline.recorder.steps]


def test_the_second_place_is_there_on_a_wide_page_only(
    machine: Machine, explorer: Explorer
) -> None:
    first, second = explorer.pictures
    assert first.tab == second.tabs[-1] != second.tab
    assert (bool(first.svg), second.svg) == (True, "")
    explorer.toolbar.wide = True
    assert second.svg.startswith("<svg")
    explorer.toolbar.wide = False
    before = second.svg
    anonymous(explorer)
    assert second.svg is before, "what nobody sees is not drawn"
    explorer.toolbar.wide = True
    assert second.svg != before


def test_a_picture_that_lacks_the_step_offers_those_that_show_it(explorer: Explorer) -> None:
    place = view(explorer)
    place.tab = "Processes"
    assert (place.lacking, place.elsewhere) == (False, ())
    anonymous(explorer)
    assert place.lacking
    assert place.elsewhere == ("Address space", "VMA tree", "mm_struct")
    place.tab = place.elsewhere[0]
    assert (place.lacking, place.elsewhere) == (False, ())


def test_a_place_without_tabs_says_that_the_step_is_not_there(machine: Machine) -> None:
    explorer = Explorer(machine, show="process_tree")
    anonymous(explorer)
    assert (view(explorer).lacking, view(explorer).elsewhere) == (True, ())


def test_unknown_names_are_refused(machine: Machine) -> None:
    with pytest.raises(VmlabError, match="no picture is named 'map'; there are sharing, "):
        Explorer(machine, show=["map"])
    with pytest.raises(VmlabError, match="no call is named 'rm'"):
        Explorer(machine, calls=["rm"])
    with pytest.raises(TypeError):
        Explorer(machine, colour="red")  # type: ignore[call-arg]


def test_what_happens_outside_is_shown_after_refresh(machine: Machine, explorer: Explorer) -> None:
    machine[1000].fork()
    assert len(explorer.controls.processes) == 1
    explorer.refresh()
    assert len(explorer.controls.processes) == 2
    assert explorer.player.count > 1


def test_explorers_of_one_machine_share_its_recording(machine: Machine, explorer: Explorer) -> None:
    other = Explorer(machine, show=["process_tree"], calls=["fork"])
    other.fork()
    assert explorer.player.count == other.player.count > 1
    explorer.brk()
    assert explorer.player.count == other.player.count
    assert other.player.step == other.player.count - 1
    explorer.undo()
    assert explorer.player.count == other.player.count


def test_an_explorer_that_nobody_sees_follows_when_it_is_seen(
    machine: Machine, explorer: Explorer
) -> None:
    other = Explorer(machine, show=["process_tree"], calls=["fork"])
    other.toolbar._handle_custom_msg({"type": "shown", "view": "a"}, [])
    other.toolbar._handle_custom_msg({"type": "hidden", "view": "a"}, [])
    closed = Explorer(machine, show=["process_tree"], calls=["fork"])
    closed.close()
    explorer.fork()
    assert other.player.count == closed.player.count == 1
    other.toolbar._handle_custom_msg({"type": "shown", "view": "b"}, [])
    assert other.player.count == explorer.player.count


def test_what_a_cell_did_is_followed(machine: Machine, explorer: Explorer) -> None:
    machine[1000].fork()
    after_cell(None)
    assert len(explorer.controls.processes) == 2
    svg = view(explorer).svg
    after_cell(None)
    assert view(explorer).svg is svg, "nothing was done since"


def test_a_saved_notebook_keeps_a_picture(explorer: Explorer) -> None:
    shown, stored = explorer.outputs()
    assert shown["text/plain"] == repr(explorer)
    assert "application/vnd.jupyter.widget-view+json" in shown
    assert stored["image/svg+xml"] == on_paper(view(explorer).svg)
    assert view(explorer).description.splitlines()[0] in stored["text/html"]


def test_what_belongs_to_an_object_lights_up_with_it(
    explorer: Explorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    addr = anonymous(explorer)
    sent: list[dict[str, object]] = []
    monkeypatch.setattr(DiagramView, "send", lambda _, message: sent.append(message))
    hover = {"type": "hover", "id": ids.vma_id(1, addr)}
    view(explorer)._handle_custom_msg(hover, [])
    explorer.store(addr=addr, data=b"A")
    view(explorer)._handle_custom_msg(hover, [])
    view(explorer)._handle_custom_msg({"type": "hover", "id": ""}, [])
    before, after = sent
    assert before == {
        "type": "related",
        "id": ids.vma_id(1, addr),
        "ids": [ids.vma_id(1, addr)],
    }
    assert ids.pte_id(1, addr) in after["ids"]  # type: ignore[operator]
    assert explorer.output.outputs == ()


def test_a_gap_is_filled_in_and_mapped_with_shift(explorer: Explorer) -> None:
    addr = anonymous(explorer)
    steps = explorer.player.count
    explorer.point(Pick(ids.gap_id(1, 0x406000)))
    assert explorer.controls.texts["mmap"]["addr"] == "0x406000"
    assert explorer.player.count == steps
    explorer.point(Pick(ids.gap_id(1, 0x406000), shift=True))
    assert explorer.controls.answer["answer"] == "0x406000"
    explorer.point(Pick(ids.vma_id(1, addr), shift=True))
    assert explorer.controls.answer["call"] == f"munmap({addr:#x}, 16384)"
    assert f"{addr:08x}" not in explorer.process.maps()
    explorer.undo()
    assert f"{addr:08x}" in explorer.process.maps()


def test_a_click_on_a_picture_of_the_past_calls_nothing(explorer: Explorer) -> None:
    addr = anonymous(explorer)
    explorer.player.back()
    steps = explorer.player.count
    for key in (ids.pte_id(1, addr), ids.vma_id(1, addr)):
        explorer.point(Pick(key, shift=True))
    assert explorer.player.count == steps
    assert explorer.controls.texts["munmap"]["addr"] == f"{addr:#x}"


def test_the_hints_tell_only_what_can_be_done(machine: Machine) -> None:
    (few,) = Explorer(machine, show=["address_space"], calls=["load"]).pictures
    assert few.hint.startswith("Click a page to read it, a region for its menu.")


def test_a_click_on_a_region_opens_its_menu(machine: Machine, monkeypatch: Any) -> None:
    explorer = Explorer(machine, show=["address_space"])
    (view,) = explorer.pictures
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(view, "send", sent.append)
    region = ids.vma_id(1, machine.snapshot().mms[0].mmap[0].vm_start)
    for content in ({"type": "click"}, {"type": "menu"}, {"type": "click", "shift": True}):
        view._handle_custom_msg({"id": region, **content}, [])
    assert [(message["type"], message["id"]) for message in sent] == [("menu", region)] * 2
    name, words = sent[0]["items"][-1]
    assert (name, words) == ("munmap", "Unmap headers")
    view._handle_custom_msg({"type": "choose", "id": region, "choice": name}, [])
    assert "00400000-" not in explorer.process.maps()
    explorer.player.step = 0
    view._handle_custom_msg({"type": "menu", "id": region}, [])
    assert len(sent) == 2, "what is past cannot be changed"


def test_the_hint_of_a_picture_speaks_of_what_is_in_it(machine: Machine) -> None:
    show = ["vma_tree", "page_table", "process_tree", "fault_path"]
    assert [view.hint for view in Explorer(machine, show=show).pictures] == [
        "A region: click opens its menu, Shift-click unmaps.",
        "A page: click writes, Shift-click reads.",
        "A process: click chooses it.",
        "",
    ]


@pytest.mark.parametrize(
    ("what", "error", "words"),
    [
        ({"show": [()]}, ValueError, "a place has no picture"),
        ({"show": ["tree"]}, ValueError, "no picture is named 'tree'"),
        ({"calls": ["sbrk"]}, ValueError, "no call is named 'sbrk'"),
        ({"calls": [7]}, TypeError, r"calls\[0\] must be a CallForm, not 7"),
        ({"machine": None}, TypeError, "machine must be a Machine, not None"),
    ],
)
def test_an_explorer_that_cannot_be(
    what: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        Explorer(**{"machine": Machine(), **what})


def test_a_parameter_may_be_called_name(machine: Machine) -> None:
    explorer = Explorer(machine, show=["process_tree"], calls=["memfd_create"])
    explorer.call("memfd_create", name="m")
    assert explorer.controls.answer["answer"] == "3"
    explorer.memfd_create(name="m")
    assert explorer.controls.answer["answer"] == "4"


def test_a_recorder_without_a_step_yet_is_the_one_that_is_shown(machine: Machine) -> None:
    recorder = Recorder(machine)
    explorer = Explorer(machine, show=["process_tree"])
    assert explorer.timeline.recorder is recorder
    explorer.fork()
    assert recorder.listening
    assert len(recorder) == explorer.timeline.last
