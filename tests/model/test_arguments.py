"""What no program could hand to Linux is refused by name, before anything happens."""

import sys
from array import array
from collections.abc import Callable
from typing import Any

import pytest

from tests.refused import refused
from vmlab import (
    MAP_ANONYMOUS,
    MAP_PRIVATE,
    PROT_READ,
    PROT_WRITE,
    RLIMIT_AS,
    LinuxError,
    Machine,
    Map,
    MiB,
    Process,
    Recorder,
    Snapshot,
)
from vmlab.codes import because
from vmlab.errors import (
    ArgumentError,
    ArgumentTypeError,
    HistoryError,
    NoSuchProcess,
    VmlabError,
)

ARENA = 0x10000000
HUGE = 1 << 64
LONE = "/\ud800"  # half of a surrogate pair

Case = tuple[Callable[[Machine, Process], object], type[VmlabError], str, str | None]


def released() -> memoryview:
    """A view whose bytes were given back."""
    view = memoryview(b"abc")
    view.release()
    return view


CASES: dict[str, Case] = {
    "text for a length": (
        lambda _, p: p.munmap(ARENA, "4096"),  # type: ignore[arg-type]
        ArgumentTypeError,
        "arg_not_number",
        "length",
    ),
    "a fraction": (
        lambda _, p: p.mmap(0.5, 4096, 3, 0x22),  # type: ignore[arg-type]
        ArgumentTypeError,
        "arg_not_number",
        "addr",
    ),
    "rights by name": (
        lambda _, p: p.mprotect(ARENA, 4096, "rw"),  # type: ignore[arg-type]
        ArgumentTypeError,
        "arg_not_number",
        "prot",
    ),
    "a truth for a descriptor": (
        lambda _, p: p.dup2(0, True),
        ArgumentTypeError,
        "arg_not_number",
        "newfd",
    ),
    "more than a register": (
        lambda _, p: p.brk(HUGE),
        ArgumentError,
        "arg_over_64_bits",
        "addr",
    ),
    "a list": (
        lambda _, p: p.close([3]),  # type: ignore[arg-type]
        ArgumentTypeError,
        "arg_not_number",
        "fd",
    ),
    "no exit code": (
        lambda _, p: p.exit(None),  # type: ignore[arg-type]
        ArgumentTypeError,
        "arg_not_number",
        "code",
    ),
    "a signal by name": (
        lambda _, p: p.sigaction("SIGSEGV"),  # type: ignore[arg-type]
        ArgumentTypeError,
        "arg_not_number",
        "signum",
    ),
    "bytes for a path": (
        lambda _, p: p.open(b"/a"),  # type: ignore[arg-type]
        ArgumentTypeError,
        "arg_not_string",
        "path",
    ),
    "a number for a path": (
        lambda _, p: p.open(5),  # type: ignore[arg-type]
        ArgumentTypeError,
        "arg_not_string",
        "path",
    ),
    "a zero byte": (
        lambda _, p: p.memfd_create("a\0b"),
        ArgumentError,
        "arg_zero_byte",
        "name",
    ),
    "no UTF-8": (lambda _, p: p.open(LONE), ArgumentError, "arg_not_utf8", "path"),
    "one string for argv": (
        lambda _, p: p.execve("/bin/a.out", "a.out"),
        ArgumentTypeError,
        "arg_not_strings",
        "argv",
    ),
    "a number in argv": (
        lambda _, p: p.execve("/bin/a.out", ["a.out", 1]),  # type: ignore[list-item]
        ArgumentTypeError,
        "arg_not_string",
        "argv[1]",
    ),
    "text to store": (
        lambda _, p: p.store(ARENA, "!"),  # type: ignore[arg-type]
        ArgumentTypeError,
        "arg_not_bytes",
        "data",
    ),
    "text to add": (
        lambda _, p: p.add(ARENA, "1"),  # type: ignore[arg-type]
        ArgumentTypeError,
        "arg_not_number",
        "value",
    ),
    "less than no bytes": (lambda _, p: p.load(ARENA, -1), ArgumentError, "arg_out_of_range", "n"),
    "more than an access moves": (
        lambda _, p: p.load(ARENA, 1 << 40),
        ArgumentError,
        "arg_out_of_range",
        "n",
    ),
    "more than a store moves": (
        lambda _, p: p.store(ARENA, bytes((64 << 20) + 1)),
        ArgumentError,
        "arg_out_of_range",
        "len(data)",
    ),
    "a view that was released": (
        lambda _, p: p.store(ARENA, released()),
        ArgumentError,
        "arg_released",
        "data",
    ),
    "a file of a view that was released": (
        lambda m, _: m.fs.write("/b", released()),
        ArgumentError,
        "arg_released",
        "data",
    ),
    "an address to fetch": (
        lambda _, p: p.fetch("main"),  # type: ignore[arg-type]
        ArgumentTypeError,
        "arg_not_number",
        "addr",
    ),
    "a whole address space": (
        lambda _, p: p.pagemap(0, 1 << 50),
        ArgumentError,
        "arg_out_of_range",
        "n",
    ),
    "argv of a new process": (
        lambda m, _: m.spawn(argv="a.out"),
        ArgumentTypeError,
        "arg_not_strings",
        "argv",
    ),
    "a limit nobody has": (
        lambda m, _: m.spawn(rlimits={99: 5}),
        ArgumentError,
        "none_of",
        "rlimits",
    ),
    "a limit in words": (
        lambda m, _: m.spawn(rlimits={RLIMIT_AS: "1 GiB"}),  # type: ignore[dict-item]
        ArgumentTypeError,
        "arg_not_number",
        "rlimits: RLIMIT_AS",
    ),
    "text for a file": (
        lambda m, _: m.fs.write("/b", "text"),  # type: ignore[arg-type]
        ArgumentTypeError,
        "arg_not_bytes",
        "data",
    ),
    "a name that is no text": (
        lambda m, _: m.fs.read(None),  # type: ignore[arg-type]
        ArgumentTypeError,
        "arg_not_string",
        "path",
    ),
    "a host file of no name": (
        lambda m, _: m.fs.import_host("\0"),
        ArgumentError,
        "arg_zero_byte",
        "path",
    ),
    "no snapshot": (
        lambda m, _: m.restore("{}"),  # type: ignore[arg-type]
        ArgumentTypeError,
        "arg_not_instance",
        "snap",
    ),
    "no maps": (
        lambda m, _: m.from_maps(None),  # type: ignore[arg-type]
        ArgumentTypeError,
        "arg_not_string",
        "text",
    ),
    "a process nobody knows": (lambda m, _: m[7], NoSuchProcess, "no_such_process", None),
}


def told(failure: BaseException) -> str:
    """Why it failed, in code if it has one."""
    reason = getattr(failure, "reason", None)
    return reason.plain if reason is not None else str(failure)


@pytest.mark.parametrize("recorded", [False, True])
@pytest.mark.parametrize("case", CASES)
def test_a_mistake_is_named_and_changes_nothing(case: str, recorded: bool) -> None:
    mistake, error, code, at = CASES[case]
    machine = Machine(ram=4 * MiB)
    process = machine.spawn()
    process.mmap(ARENA, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS)
    recorder = Recorder(machine) if recorded else None
    before = machine.snapshot()
    with refused(error, code, at=at):
        mistake(machine, process)
    assert machine.snapshot() == before
    if recorder is not None:
        process.brk(0)
        assert Recorder.from_json(recorder.to_json()).machine.snapshot() == machine.snapshot()


@pytest.mark.parametrize(
    ("what", "error", "code"),
    [
        ({"ram": "64M"}, ArgumentTypeError, "arg_not_number"),
        ({"totalram": -1}, ArgumentError, "arg_out_of_range"),
        ({"geometry": "x86-64"}, ArgumentTypeError, "arg_not_instance"),
        ({"max_map_count": 1.5}, ArgumentTypeError, "arg_not_number"),
    ],
)
def test_a_machine_that_cannot_be(
    what: dict[str, object], error: type[VmlabError], code: str
) -> None:
    with refused(error, code, at=next(iter(what))):
        Machine(**what)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("what", "code"),
    [({"ram": 4097}, "ram_not_whole_frames"), ({"tlb_entries": 0}, "tlb_without_entries")],
)
def test_hardware_that_cannot_be(what: dict[str, int], code: str) -> None:
    with refused(ArgumentError, code):
        Machine(**what)  # type: ignore[arg-type]


@pytest.mark.parametrize("call", ["goto", "snapshot", "branch", "highlight", "call_path", "undo"])
@pytest.mark.parametrize("step", ["last", 1.5, None, 10**6, -2])
def test_a_step_that_does_not_exist(call: str, step: object) -> None:
    machine = Machine(ram=4 * MiB)
    recorder = Recorder(machine)
    machine.fs.write("/a", b"x")
    if call == "undo" and step == 10**6:
        return  # takes back whatever there is
    with pytest.raises((HistoryError, ArgumentTypeError, ArgumentError)):
        getattr(recorder, call)(step)
    assert recorder.listening


def test_a_name_for_a_step() -> None:
    with refused(ArgumentTypeError, "arg_not_number", at="step"):
        Recorder(Machine(ram=4 * MiB)).goto("last")  # type: ignore[arg-type]


def test_what_is_told_of_a_process_has_no_quotes() -> None:
    with pytest.raises(KeyError) as failure:
        Machine(ram=4 * MiB)[7]
    assert str(failure.value) == str(because("no_such_process", pid="7"))


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
    with refused(NoSuchProcess, "no_such_process"):
        machine[child.pid]


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_an_error_of_the_host_has_its_linux_number(tmp_path: pytest.TempPathFactory) -> None:
    loop = tmp_path / "loop"  # type: ignore[operator]
    loop.symlink_to(loop)
    with refused(LinuxError, "host_file_unreadable", "ELOOP"):
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


@pytest.mark.parametrize(
    "data",
    [
        array("I", [70000, 2, 3]),
        memoryview(array("d", [1.5])),
        bytearray(b"abc"),
        memoryview(bytes(range(8))).cast("B", (2, 4)),
    ],
)
def test_bytes_are_counted_whatever_the_shape_of_the_buffer(data: Any) -> None:
    machine = Machine()
    process = machine.spawn()
    addr = process.mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS)
    view = memoryview(data)
    with Recorder(machine) as recorder:
        process.store(addr, view)
        machine.fs.write("/a", view)
    assert Recorder.from_json(recorder.to_json()).machine.snapshot() == machine.snapshot()
    assert process.load(addr, view.nbytes) == machine.fs.read("/a") == bytes(view)


@pytest.mark.parametrize("number", [None, "x", 1.0, True])
def test_a_call_has_a_whole_number(number: Any) -> None:
    with refused(ArgumentTypeError, "arg_not_number", at="number"):
        Machine().spawn().syscall_by_number(number)


def test_flags_by_name_are_saved_as_numbers() -> None:
    machine = Machine()
    process = machine.spawn()
    with Recorder(machine) as recorder:
        process.munmap(Map.MAP_LOCKED, 4096)
    text = recorder.to_json()
    assert Recorder.from_json(text).to_json() == text


def test_limits_in_a_list_are_taken_as_they_are_now() -> None:
    machine = Machine()
    process = machine.spawn()
    limits = [1 << 20, -1]
    with Recorder(machine) as recorder:
        process.prlimit(0, RLIMIT_AS, limits)  # type: ignore[arg-type]
        limits[0] = 5
    again = Recorder.from_json(recorder.to_json())
    assert again.machine[process.pid].getrlimit(RLIMIT_AS) == (1 << 20, (1 << 64) - 1)
    assert again.machine.snapshot() == machine.snapshot()
