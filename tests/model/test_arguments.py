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

# What is done, the error, and how its reason reads without words: its beginning.
Case = tuple[Callable[[Machine, Process], object], type[Exception], str]

CASES: dict[str, Case] = {
    "text for a length": (
        lambda _, p: p.munmap(ARENA, "4096"),  # type: ignore[arg-type]
        TypeError,
        "not_a_number(what='length', ",
    ),
    "a fraction": (
        lambda _, p: p.mmap(0.5, 4096, 3, 0x22),  # type: ignore[arg-type]
        TypeError,
        "not_a_number(what='addr', value='0.5')",
    ),
    "rights by name": (
        lambda _, p: p.mprotect(ARENA, 4096, "rw"),  # type: ignore[arg-type]
        TypeError,
        "not_a_number(what='prot', ",
    ),
    "a truth for a descriptor": (
        lambda _, p: p.dup2(0, True),
        TypeError,
        "not_a_number(what='newfd', value='True')",
    ),
    "more than a register": (
        lambda _, p: p.brk(HUGE),
        ValueError,
        "number_too_large(what='addr', bits=65)",
    ),
    "a list": (
        lambda _, p: p.close([3]),  # type: ignore[arg-type]
        TypeError,
        "not_a_number(what='fd', value='[3]')",
    ),
    "no exit code": (
        lambda _, p: p.exit(None),  # type: ignore[arg-type]
        TypeError,
        "not_a_number(what='code', ",
    ),
    "a signal by name": (
        lambda _, p: p.sigaction("SIGSEGV"),  # type: ignore[arg-type]
        TypeError,
        "not_a_number(what='signum', ",
    ),
    "bytes for a path": (
        lambda _, p: p.open(b"/a"),  # type: ignore[arg-type]
        TypeError,
        "not_a_string(what='path', ",
    ),
    "a number for a path": (
        lambda _, p: p.open(5),  # type: ignore[arg-type]
        TypeError,
        "not_a_string(what='path', value='5')",
    ),
    "a zero byte": (
        lambda _, p: p.memfd_create("a\0b"),
        ValueError,
        "zero_byte(what='name', ",
    ),
    "no UTF-8": (lambda _, p: p.open(LONE), ValueError, "not_utf8(what='path', "),
    "one string for argv": (
        lambda _, p: p.execve("/bin/a.out", "a.out"),
        TypeError,
        "not_a_list(what='argv', ",
    ),
    "a number in argv": (
        lambda _, p: p.execve("/bin/a.out", ["a.out", 1]),  # type: ignore[list-item]
        TypeError,
        "not_a_string(what='argv[1]', value='1')",
    ),
    "text to store": (
        lambda _, p: p.store(ARENA, "!"),  # type: ignore[arg-type]
        TypeError,
        "not_bytes(what='data', ",
    ),
    "text to add": (
        lambda _, p: p.add(ARENA, "1"),  # type: ignore[arg-type]
        TypeError,
        "not_a_number(what='value', ",
    ),
    "less than no bytes": (lambda _, p: p.load(ARENA, -1), ValueError, "out_of_range(what='n', "),
    "an address to fetch": (
        lambda _, p: p.fetch("main"),  # type: ignore[arg-type]
        TypeError,
        "not_a_number(what='addr', ",
    ),
    "a whole address space": (
        lambda _, p: p.pagemap(0, 1 << 50),
        ValueError,
        "out_of_range(what='n', ",
    ),
    "argv of a new process": (
        lambda m, _: m.spawn(argv="a.out"),
        TypeError,
        "not_a_list(what='argv', ",
    ),
    "a limit nobody has": (
        lambda m, _: m.spawn(rlimits={99: 5}),
        ValueError,
        "rlimits: 99 is none of RLIMIT_DATA",
    ),
    "a limit in words": (
        lambda m, _: m.spawn(rlimits={RLIMIT_AS: "1 GiB"}),  # type: ignore[dict-item]
        TypeError,
        "not_a_number(what='rlimits: RLIMIT_AS', ",
    ),
    "text for a file": (
        lambda m, _: m.fs.write("/b", "text"),  # type: ignore[arg-type]
        TypeError,
        "not_bytes(what='data', ",
    ),
    "a name that is no text": (
        lambda m, _: m.fs.read(None),  # type: ignore[arg-type]
        TypeError,
        "not_a_string(what='path', value='None')",
    ),
    "a host file of no name": (
        lambda m, _: m.fs.import_host("\0"),
        ValueError,
        "zero_byte(what='path', ",
    ),
    "no snapshot": (
        lambda m, _: m.restore("{}"),  # type: ignore[arg-type]
        TypeError,
        "not_an_instance(what='snap', kind='Snapshot', ",
    ),
    "no maps": (
        lambda m, _: m.from_maps(None),  # type: ignore[arg-type]
        TypeError,
        "not_a_string(what='text', ",
    ),
    "a process nobody knows": (lambda m, _: m[7], KeyError, "there is no process 7"),
}


def told(failure: BaseException) -> str:
    """Why it failed, in code if it has one."""
    reason = getattr(failure, "reason", None)
    return reason.plain if reason is not None else str(failure)


@pytest.mark.parametrize("recorded", [False, True])
@pytest.mark.parametrize("case", CASES)
def test_a_mistake_is_named_and_changes_nothing(case: str, recorded: bool) -> None:
    mistake, error, reason = CASES[case]
    machine = Machine(ram=4 * MiB)
    process = machine.spawn()
    process.mmap(ARENA, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS)
    recorder = Recorder(machine) if recorded else None
    before = machine.snapshot()
    with pytest.raises(error) as raised:
        mistake(machine, process)
    assert reason in told(raised.value)
    assert machine.snapshot() == before
    if recorder is not None:
        process.brk(0)
        assert Recorder.from_json(recorder.to_json()).machine.snapshot() == machine.snapshot()


@pytest.mark.parametrize(
    ("what", "error", "reason"),
    [
        ({"ram": "64M"}, TypeError, "not_a_number(what='ram', "),
        ({"ram": 4097}, ValueError, "4097 bytes is not a whole number of 4096-byte frames"),
        ({"totalram": -1}, ValueError, "out_of_range(what='totalram', "),
        ({"geometry": "x86-64"}, TypeError, "not_an_instance(what='geometry', kind='Geometry', "),
        ({"tlb_entries": 0}, ValueError, "at least one entry"),
        ({"max_map_count": 1.5}, TypeError, "not_a_number(what='max_map_count', "),
    ],
)
def test_a_machine_that_cannot_be(
    what: dict[str, object], error: type[Exception], reason: str
) -> None:
    with pytest.raises(error) as raised:
        Machine(**what)  # type: ignore[arg-type]
    assert reason in told(raised.value)


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
    assert r'open("/a\n\"\342\200\256가", O_RDONLY) = 3' in recorder.transcript()
