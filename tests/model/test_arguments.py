"""What no program could hand to Linux is refused by name, before anything happens."""

import sys
from collections.abc import Callable

import pytest

from vmlab import (
    MAP_ANONYMOUS,
    MAP_PRIVATE,
    PROT_READ,
    PROT_WRITE,
    RLIMIT_AS,
    LinuxError,
    Machine,
    MiB,
    Process,
    Recorder,
    Snapshot,
)

ARENA = 0x10000000
HUGE = 1 << 64
LONE = "/\ud800"  # half of a surrogate pair

Case = tuple[Callable[[Machine, Process], object], type[Exception], str]

CASES: dict[str, Case] = {
    "text for a length": (
        lambda _, p: p.munmap(ARENA, "4096"),  # type: ignore[arg-type]
        TypeError,
        "argument 2 of munmap must be a whole number, not '4096'",
    ),
    "a fraction": (
        lambda _, p: p.mmap(0.5, 4096, 3, 0x22),  # type: ignore[arg-type]
        TypeError,
        "argument 1 of mmap must be a whole number, not 0.5",
    ),
    "rights by name": (
        lambda _, p: p.mprotect(ARENA, 4096, "rw"),  # type: ignore[arg-type]
        TypeError,
        "argument 3 of mprotect must be a whole number",
    ),
    "a truth for a descriptor": (
        lambda _, p: p.dup2(0, True),
        TypeError,
        "argument 2 of dup2 must be a whole number, not True",
    ),
    "more than a register": (
        lambda _, p: p.brk(HUGE),
        ValueError,
        "argument 1 of brk must fit into 64 bits; this number has 65",
    ),
    "a list": (
        lambda _, p: p.close([3]),  # type: ignore[arg-type]
        TypeError,
        r"argument 1 of close must be a whole number, not \[3\]",
    ),
    "no exit code": (
        lambda _, p: p.exit(None),  # type: ignore[arg-type]
        TypeError,
        "argument 1 of exit_group must be a whole number",
    ),
    "a signal by name": (
        lambda _, p: p.sigaction("SIGSEGV"),  # type: ignore[arg-type]
        TypeError,
        "argument 1 of rt_sigaction must be a whole number",
    ),
    "bytes for a path": (
        lambda _, p: p.open(b"/a"),  # type: ignore[arg-type]
        TypeError,
        "argument 1 of open must be a string",
    ),
    "a number for a path": (
        lambda _, p: p.open(5),  # type: ignore[arg-type]
        TypeError,
        "argument 1 of open must be a string, not 5",
    ),
    "a zero byte": (
        lambda _, p: p.memfd_create("a\0b"),
        ValueError,
        "argument 1 of memfd_create must not contain a zero byte",
    ),
    "no UTF-8": (lambda _, p: p.open(LONE), ValueError, "cannot be written as UTF-8"),
    "one string for argv": (
        lambda _, p: p.execve("/bin/a.out", "a.out"),
        TypeError,
        "argv must be a list of strings, not 'a.out'",
    ),
    "a number in argv": (
        lambda _, p: p.execve("/bin/a.out", ["a.out", 1]),  # type: ignore[list-item]
        TypeError,
        "each string of argv must be a string, not 1",
    ),
    "text to store": (
        lambda _, p: p.store(ARENA, "!"),  # type: ignore[arg-type]
        TypeError,
        "data must be bytes, not '!'",
    ),
    "text to add": (
        lambda _, p: p.add(ARENA, "1"),  # type: ignore[arg-type]
        TypeError,
        "value must be a whole number",
    ),
    "less than no bytes": (lambda _, p: p.load(ARENA, -1), ValueError, "n must be from 0"),
    "an address to fetch": (
        lambda _, p: p.fetch("main"),  # type: ignore[arg-type]
        TypeError,
        "addr must be a whole number",
    ),
    "a whole address space": (lambda _, p: p.pagemap(0, 1 << 50), ValueError, "n must be from 0"),
    "argv of a new process": (
        lambda m, _: m.spawn(argv="a.out"),
        TypeError,
        "argv must be a list of strings",
    ),
    "a limit nobody has": (
        lambda m, _: m.spawn(rlimits={99: 5}),
        ValueError,
        "rlimits: 99 is none of RLIMIT_DATA",
    ),
    "a limit in words": (
        lambda m, _: m.spawn(rlimits={RLIMIT_AS: "1 GiB"}),  # type: ignore[dict-item]
        TypeError,
        "rlimits: RLIMIT_AS must be a whole number",
    ),
    "text for a file": (
        lambda m, _: m.fs.write("/b", "text"),  # type: ignore[arg-type]
        TypeError,
        "data must be bytes, not 'text'",
    ),
    "a name that is no text": (
        lambda m, _: m.fs.read(None),  # type: ignore[arg-type]
        TypeError,
        "path must be a string, not None",
    ),
    "a host file of no name": (
        lambda m, _: m.fs.import_host("\0"),
        ValueError,
        "path must not contain a zero byte",
    ),
    "no snapshot": (
        lambda m, _: m.restore("{}"),  # type: ignore[arg-type]
        TypeError,
        "snap must be a Snapshot, not '{}'",
    ),
    "no maps": (
        lambda m, _: m.from_maps(None),  # type: ignore[arg-type]
        TypeError,
        "text must be a string",
    ),
    "a process nobody knows": (lambda m, _: m[7], KeyError, "there is no process 7"),
}


@pytest.mark.parametrize("recorded", [False, True])
@pytest.mark.parametrize("case", CASES)
def test_a_mistake_is_named_and_changes_nothing(case: str, recorded: bool) -> None:
    mistake, error, words = CASES[case]
    machine = Machine(ram=4 * MiB)
    process = machine.spawn()
    process.mmap(ARENA, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS)
    recorder = Recorder(machine) if recorded else None
    before = machine.snapshot()
    with pytest.raises(error, match=words):
        mistake(machine, process)
    assert machine.snapshot() == before
    if recorder is not None:
        process.brk(0)
        assert Recorder.from_json(recorder.to_json()).machine.snapshot() == machine.snapshot()


@pytest.mark.parametrize(
    ("what", "error", "words"),
    [
        ({"ram": "64M"}, TypeError, "ram must be a whole number"),
        ({"ram": 4097}, ValueError, "4097 bytes is not a whole number of 4096-byte frames"),
        ({"totalram": -1}, ValueError, "totalram must be from 0"),
        ({"geometry": "x86-64"}, TypeError, "geometry must be a Geometry"),
        ({"tlb_entries": 0}, ValueError, "at least one entry"),
        ({"max_map_count": 1.5}, TypeError, "max_map_count must be a whole number"),
    ],
)
def test_a_machine_that_cannot_be(
    what: dict[str, object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        Machine(**what)  # type: ignore[arg-type]


@pytest.mark.parametrize("call", ["goto", "snapshot", "branch", "highlight", "call_path", "undo"])
@pytest.mark.parametrize("step", ["last", 1.5, None, 10**6, -2])
def test_a_step_that_does_not_exist(call: str, step: object) -> None:
    machine = Machine(ram=4 * MiB)
    recorder = Recorder(machine)
    machine.fs.write("/a", b"x")
    if call == "undo" and step == 10**6:
        return  # takes back whatever there is
    with pytest.raises((IndexError, TypeError, ValueError), match=r"^(there is no )?(step|calls) "):
        getattr(recorder, call)(step)
    assert recorder.listening


def test_a_negative_number_is_the_one_with_the_same_bits() -> None:
    process = Machine(ram=4 * MiB).spawn(rlimits={RLIMIT_AS: -1})
    with pytest.raises(LinuxError, match="EINVAL"):
        process.munmap(-4096, 4096)


def test_arguments_are_recorded_in_their_own_order() -> None:
    machine = Machine(ram=4 * MiB)
    with Recorder(machine) as recorder:
        machine.fs.write(data=b"x", path="/a")
        machine.fs.truncate(length=5, path="/a")
    assert [call.args for call in recorder.calls] == [("/a", b"x"), ("/a", 5)]
    assert Recorder.from_json(recorder.to_json()).machine.fs.read("/a") == b"x\0\0\0\0"


def test_a_process_that_was_waited_for_is_gone() -> None:
    machine = Machine(ram=4 * MiB)
    parent = machine.spawn()
    child = parent.fork()
    child.exit()
    parent.wait()
    with pytest.raises(KeyError, match=f"there is no process {child.pid}"):
        machine[child.pid]


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_an_error_of_the_host_has_its_linux_number(tmp_path: pytest.TempPathFactory) -> None:
    loop = tmp_path / "loop"  # type: ignore[operator]
    loop.symlink_to(loop)
    with pytest.raises(LinuxError, match=r"ELOOP \(Too many levels"):
        Machine(ram=4 * MiB).fs.import_host(str(loop))


def test_a_state_without_a_touched_frame_can_be_gone_back_to() -> None:
    machine = Machine(ram=4 * MiB)
    machine.from_maps("00400000-00401000 r-xp 00000000 00:01 5 /a\n")
    snap = machine.snapshot()
    machine.restore(snap)
    assert Snapshot.from_json(snap.to_json()) == machine.snapshot()


def test_a_name_cannot_break_a_line_of_the_log() -> None:
    machine = Machine(ram=4 * MiB)
    machine.fs.write('/a\n"\u202e가', b"")
    process = machine.spawn()
    with Recorder(machine) as recorder:
        process.open('/a\n"\u202e가')
    assert r'open("/a\n\"\u202e가", O_RDONLY) = 3' in recorder.transcript()
