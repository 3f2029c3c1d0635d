"""Machine code runs on the model: faults, calls, other tasks, time travel."""

import pytest

pytest.importorskip("unicorn", reason="the extra vmlab[programs] is not installed")

from tests.programs.machine_code import DATA, load
from vmlab import Machine, MiB, Recorder

EXIT_7 = "bf07000000 b8e7000000 0f05"  # edi = 7; exit_group
STORE = "c604250000600041"  # byte [DATA] = 'A'
WRITE = "bf01000000 be00006000 ba01000000 b801000000 0f05"  # write(1, DATA, 1)
FORK = "b839000000 0f05"
LOOP = "ebfe"


@pytest.fixture
def machine() -> Machine:
    return Machine(ram=16 * MiB)


def test_a_program_runs_to_its_end(machine: Machine) -> None:
    p = load(machine, EXIT_7)
    stop = p.run()
    assert (stop.why, p.state, p.exit_code) == ("exit", "X", 7 << 8)


def test_each_page_faults_once(machine: Machine) -> None:
    p = load(machine, STORE + STORE + "c604250110600041" + EXIT_7)
    before = p.min_flt
    p.run()
    assert p.min_flt - before == 3  # its code, and two pages of data


def test_what_it_writes_stands_on_the_console(machine: Machine) -> None:
    load(machine, STORE + WRITE + EXIT_7).run()
    assert machine.console == "A"


def test_it_reads_what_was_typed(machine: Machine) -> None:
    machine.type("xy\n")
    read = "31ff be00006000 ba08000000 31c0 0f05"  # read(0, DATA, 8)
    p = load(machine, read + "89c7 b8e7000000 0f05")
    p.run()
    assert p.exit_code == 3 << 8


def test_it_sleeps_until_a_line_is_typed(machine: Machine) -> None:
    read = "31ff be00006000 ba08000000 31c0 0f05"  # read(0, DATA, 8)
    p = load(machine, read + "89c7 b8e7000000 0f05")
    for typed in ("", "x"):
        machine.type(typed)
        stop = p.run()
        assert (stop.why, stop.sleepers) == ("sleeps", ((p.pid, "read"),))
    machine.type("\n")
    assert (p.run().why, p.exit_code) == ("exit", 2 << 8)


def test_what_was_typed_can_end(machine: Machine) -> None:
    machine.type("\x04")
    read = "31ff be00006000 ba08000000 31c0 0f05"
    p = load(machine, read + "89c7 b8e7000000 0f05")
    assert (p.run().why, p.exit_code) == ("exit", 0)


def test_a_recording_of_it_that_slept_needs_no_emulator(machine: Machine) -> None:
    recorder = Recorder(machine)
    read = "31ff be00006000 ba08000000 31c0 0f05"
    p = load(machine, read + "89c7 b8e7000000 0f05")
    p.run()
    machine.type("ab\n")
    p.run()
    again = Recorder.from_json(recorder.to_json())
    assert again.machine.snapshot() == machine.snapshot()


def test_it_stops_after_the_next_fault_or_call(machine: Machine) -> None:
    p = load(machine, STORE + WRITE + EXIT_7)
    assert p.run("fault").why == "fault"  # the code itself
    assert p.run("fault").why == "fault"
    assert p.run("syscall").why == "syscall"
    assert machine.console == "A"
    assert p.run().why == "exit"


def test_a_child_gets_zero_and_a_copy(machine: Machine) -> None:
    # The child stores 'B' and ends; the parent waits and writes what it sees.
    child = "c604250000600042 31ff b8e7000000 0f05"
    wait = "bfffffffff 31f6 31d2 4531d2 b83d000000 0f05"
    size = len(bytes.fromhex(child))
    load(machine, STORE + FORK + f"85c0 75{size:02x}" + child + wait + WRITE + EXIT_7).run()
    assert machine.console == "A"


def test_a_bad_access_ends_it(machine: Machine) -> None:
    p = load(machine, "8a042500000000")  # al = byte [0]
    assert p.run().why == "signal"
    assert p.exit_code == 11


@pytest.mark.parametrize(
    ("code", "signal"), [("31c9 31d2 f7f1", 8), ("0f0b", 4), ("cc", 5), ("f4", 11)]
)
def test_an_exception_ends_it(machine: Machine, code: str, signal: int) -> None:
    p = load(machine, code)
    p.run()
    assert p.exit_code & 0x7F == signal


def test_an_endless_program_stops_at_a_limit(machine: Machine) -> None:
    p = load(machine, LOOP)
    assert p.run(instructions=1_000_000).why == "limit"
    assert p.state == "R"


@pytest.mark.parametrize(("calls", "console"), [(1500, "AB"), (2500, "BA")])
def test_who_calls_the_kernel_often_has_run_for_long_too(
    machine: Machine, calls: int, console: str
) -> None:
    # The child writes 'B', the parent 'A', once it has asked for its number that often.
    child = "c604250000600042" + WRITE + EXIT_7
    ask = f"bb{calls.to_bytes(4, 'little').hex()} b827000000 0f05 ffcb 75f5"
    size = len(bytes.fromhex(child))
    load(machine, FORK + f"85c0 75{size:02x}" + child + ask + STORE + WRITE + EXIT_7).run()
    machine.run()
    assert machine.console == console


def test_who_asks_again_and_again_whether_a_child_has_ended_lets_it_end(machine: Machine) -> None:
    ask = "bfffffffff 31f6 ba01000000 4531d2 b83d000000 0f05 85c0 74e6"  # wait4 with WNOHANG
    size = len(bytes.fromhex(EXIT_7))
    p = load(machine, FORK + f"85c0 75{size:02x}" + EXIT_7 + ask + EXIT_7)
    assert p.run(instructions=20_000_000).why == "exit"


def test_it_runs_in_pieces_of_which_the_last_one_says_why_it_stopped(machine: Machine) -> None:
    pieces = [*machine._engine().running(load(machine, STORE + EXIT_7), (), None)]
    assert [piece for piece in pieces[:-1] if piece is not None] == []
    assert pieces[-1] is not None
    assert pieces[-1].why == "exit"


def test_who_takes_no_further_piece_has_stopped_it(machine: Machine) -> None:
    p = load(machine, LOOP)
    pieces = machine._engine().running(p, (), None)
    assert [next(pieces) for _ in range(3)] == [None] * 3
    assert p.state == "R"
    assert p.run(instructions=1000).why == "limit"


def test_the_clock_of_the_cpu_goes_on(machine: Machine) -> None:
    p = load(machine, "0f31 89c3 0f31 29d8 89c7 b8e7000000 0f05")  # exit(second - first)
    p.run()
    assert p.exit_code == (1000 & 0xFF) << 8


def test_a_recorded_program_does_the_same_again(machine: Machine) -> None:
    child = "c604250000600042 31ff b8e7000000 0f05"
    wait = "bfffffffff 31f6 31d2 4531d2 b83d000000 0f05"
    size = len(bytes.fromhex(child))
    p = load(machine, STORE + FORK + f"85c0 75{size:02x}" + child + wait + WRITE + EXIT_7)
    recorder = Recorder(machine)
    p.run()
    again = Recorder.from_json(recorder.to_json())
    assert again.machine.snapshot() == machine.snapshot()
    assert again.machine.console == "A"
    for step in range(-1, len(recorder), 7):
        assert again.snapshot(step) == recorder.snapshot(step)


def test_with_and_without_a_recorder_it_comes_to_the_same() -> None:
    ends = []
    for listens in (False, True):
        machine = Machine(ram=16 * MiB)
        p = load(machine, STORE + FORK + STORE + WRITE + EXIT_7)
        recorder = Recorder(machine) if listens else None
        p.run()
        machine.run()
        if recorder is not None:
            recorder.close()
        ends.append(machine.snapshot())
    assert ends[0].ram == ends[1].ram
    assert ends[0].tasks == ends[1].tasks
    assert ends[0].tlb.entries == ends[1].tlb.entries


def test_a_restored_machine_goes_on(machine: Machine) -> None:
    p = load(machine, STORE + WRITE + WRITE + EXIT_7)
    p.run("syscall")
    snap = machine.snapshot()
    p.run()
    assert machine.console == "AA"
    machine.restore(snap)
    assert machine.console == "A"
    p.run()
    assert machine.console == "AA"


def test_code_that_changes_itself_is_what_runs(machine: Machine) -> None:
    # mprotect the code's page; change the 7 of `mov edi, 7` that follows to 9.
    change = "bf00004000 be00100000 ba07000000 b80a000000 0f05 c605010000 0009"
    p = load(machine, change + EXIT_7)
    p.run()
    assert p.exit_code == 9 << 8


def test_the_frame_of_old_code_may_hold_other_code(machine: Machine) -> None:
    """A frame is given back and used again: nothing of what was translated may be left."""
    for code in range(3):
        p = load(machine, f"bf{code:02x}000000 b8e7000000 0f05", f"/bin/tiny{code}")
        p.run()
        assert p.exit_code == code << 8
        machine.fs.unlink(f"/bin/tiny{code}")


def test_page_tables_of_data_are_what_the_program_did(machine: Machine) -> None:
    p = load(machine, "8a042500006000" + STORE + LOOP)
    p.run(instructions=1_000_000)
    assert p.load(DATA) == b"A"


def test_a_jump_into_the_kernel_is_refused(machine: Machine) -> None:
    p = load(machine, "48c7c0000000814899 ffe0".replace("4899", ""))  # jump to 0xffffffff81000000
    p.run()
    assert p.exit_code == 11


@pytest.mark.parametrize(("which", "signal"), [(0, 14), (1, 26), (2, 27)])
def test_a_timer_comes_to_who_never_sleeps(machine: Machine, which: int, signal: int) -> None:
    set_timer = f"48c7042518006000 10270000 bf{which:02x}000000 be00006000 31d2 b826000000 0f05"
    p = load(machine, set_timer + LOOP)  # setitimer(which, {0, 10 ms})
    stop = p.run()
    assert (stop.why, p.exit_code) == ("signal", signal)


def test_who_asks_for_the_time_again_and_again_sees_it_go_on(machine: Machine) -> None:
    ask = "bf01000000 be00006000 b8e4000000 0f05"  # clock_gettime(CLOCK_MONOTONIC, DATA)
    again = "48813c2508006000 00093d00 7ce1"  # until it shows 4,000,000 ns
    p = load(machine, ask + again + EXIT_7)
    assert p.run(instructions=20_000_000).why == "exit"


def test_the_clock_shows_the_same_with_a_recorder_and_in_pieces() -> None:
    ask = "bf01000000 be00006000 b8e4000000 0f05"
    again = "48813c2508006000 00093d00 7ce1"
    clocks = set()
    for how in ("alone", "recorded", "in pieces"):
        machine = Machine(ram=16 * MiB)
        p = load(machine, ask + again + EXIT_7)
        if how == "in pieces":
            assert [*machine._engine().running(p, (), None)]
        elif how == "recorded":
            with Recorder(machine):
                p.run()
        else:
            p.run()
        assert p.exit_code == 7 << 8
        clocks.add(machine.system.clock)
    assert clocks == {20_000_000}


def test_who_is_run_a_few_instructions_at_a_time_lets_others_run(machine: Machine) -> None:
    """The child stores what the parent waits for; each piece of the parent is short."""
    wait_for_b = "803c250000700042 75f6"  # on a page that both have
    share = "bf00007000 be00100000 ba03000000 41ba31000000 4983c8ff 4531c9 b809000000 0f05"
    child = "c604250000700042" + EXIT_7
    size = len(bytes.fromhex(child))
    code = share + FORK + f"85c0 75{size:02x}" + child + wait_for_b + EXIT_7
    p = load(machine, code)
    for _ in range(100):
        if p.run(instructions=100_000).why == "exit":
            break
    assert p.exit_code == 7 << 8
