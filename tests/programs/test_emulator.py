"""The CPU of programs: what it refuses, how long it runs, and how it is interrupted."""

import os
import signal
import threading
import time

import pytest

pytest.importorskip("unicorn", reason="the extra vmlab[programs] is not installed")

from tests.programs.machine_code import CODE, load
from vmlab import Machine, MiB, Process, Recorder
from vmlab.programs.lengths import starts

EXIT = "31ff b8e7000000 0f05"
ADD = "c5f058c2"  # vaddps xmm0, xmm1, xmm2
SIGILL = 4


@pytest.fixture
def machine() -> Machine:
    return Machine(ram=16 * MiB)


def counter(machine: Machine, code: str = "48ffc0 ebfb") -> Process:
    """A process that counts in rax, two instructions each time; its code is in memory."""
    p = load(machine, code)
    p.run("fault")
    return p


# Instructions that the CPU does not have


@pytest.mark.parametrize("records", [False, True])
@pytest.mark.parametrize(
    ("code", "at"),
    [
        (ADD, 0),
        ("c4e17058c2", 0),  # the same with the longer prefix
        ("c5f877", 0),  # vzeroupper
        ("c5f458c2", 0),  # 256 bits
        ("64" + ADD, 0),  # behind another prefix
        ("eb00" + ADD, 2),
        ("b827000000 0f05" + ADD, 7),  # after a call
        ("c604250000600041" + ADD, 8),  # after a fault
        ("0f31" + ADD, 2),  # after the clock was read
        ("b839000000 0f05" + ADD, 7),  # in two processes
        ("90" * (0x1000 - CODE % 0x1000 - 57) + ADD, 0x1000 - CODE % 0x1000 - 57),  # into a page
    ],
)
def test_an_instruction_that_it_has_not_is_illegal(
    machine: Machine, code: str, at: int, records: bool
) -> None:
    p = load(machine, code)
    start = p.task.rip
    if records:
        Recorder(machine)
    stop = p.run()
    assert (stop.signal, stop.addr, p.exit_code) == (SIGILL, start + at, SIGILL)


def test_it_says_which_instruction_that_was(machine: Machine) -> None:
    p = load(machine, ADD)
    recorder = Recorder(machine)
    p.run()
    assert "the CPU does not have the instruction at" in recorder.transcript()
    assert "c5 f0 58 c2" in recorder.transcript()


def test_their_bytes_within_another_instruction_are_just_bytes(machine: Machine) -> None:
    p = load(machine, f"b8{ADD} 89c5 83c1c5 eb00 {EXIT}")
    assert p.run().why == "exit"


def test_where_instructions_begin() -> None:
    code = bytes.fromhex(
        "b8c5f058c2 48b8c5c5c5c5c5c5c5c5 f6c4c5 f7d8 66c7040501000000c5c4 0fba e8c4 c3"
    )
    assert [*starts(code)] == [0, 5, 15, 18, 20, 30, 34]
    assert [*starts(bytes.fromhex("90 c5f058c2 90"))] == [0, 1]


# How long it runs


@pytest.mark.parametrize("records", [False, True])
def test_so_many_instructions_run(machine: Machine, records: bool) -> None:
    p = counter(machine)
    if records:
        Recorder(machine)
    start = p.task.rip
    assert p.run(instructions=1_000_001).why == "limit"
    assert (p.task.regs.ax, p.task.rip) == (500_001, start + 3)
    assert p.run(instructions=1).why == "limit"
    assert (p.task.regs.ax, p.task.rip) == (500_001, start)


def test_an_entry_into_the_kernel_counts_as_a_thousand(machine: Machine) -> None:
    p = counter(machine, "48ffc3 b827000000 0f05 ebf4")
    p.run(instructions=10_000)
    assert p.task.regs.bx == 10


def test_it_counts_again_after_it_did_not(machine: Machine) -> None:
    p = counter(machine)
    interrupted(p)
    before = p.task.regs.ax
    p.run(instructions=2000)
    assert p.task.regs.ax == before + 1000


# Interrupts


def interrupted(process: Process, after: float = 0.3) -> float:
    """Run a process, interrupt it as a notebook's stop button does, return how long that takes."""
    sent = []

    def send() -> None:
        sent.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Timer(after, send)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        process.run()
    timer.join()
    return time.monotonic() - sent[0]


ENDLESS = {
    "loop": "ebfe",
    "calls": "b827000000 0f05 ebf7",
    "clock": "0f31 ebfc",
    "faults": "c604250000600041 be00100000 bf00006000 ba04000000 b81c000000 0f05 ebe0",
}


@pytest.mark.parametrize("records", [False, True])
@pytest.mark.parametrize("what", ENDLESS)
def test_an_endless_program_can_be_interrupted(machine: Machine, what: str, records: bool) -> None:
    p = load(machine, ENDLESS[what])
    recorder = Recorder(machine) if records else None
    assert interrupted(p) < 2  # 0.1 s where nothing else runs
    assert p.run(instructions=2000).why == "limit"
    if recorder is not None:
        again = Recorder.from_json(recorder.to_json())
        assert again.machine.snapshot() == machine.snapshot()


def test_no_call_is_lost_to_an_interrupt(machine: Machine) -> None:
    p = load(machine, "49ffc4 b827000000 0f05 49ffc5 ebf1")  # counts calls in r12, answers in r13
    for _ in range(5):
        interrupted(p, 0.05)
        p.run("syscall")
        assert (p.task.regs.r12 - p.task.regs.r13, p.task.regs.ax) == (1, p.pid)


# Code that changes


def test_code_that_was_read_before_it_runs_is_what_stands_there(machine: Machine) -> None:
    """A frame with other code than it had: to read it first does not make that old code run."""
    for number in range(3):
        read = f"8a0425{CODE.to_bytes(4, 'little').hex()}"  # al = a byte of its own code
        p = load(machine, f"{read} bf{number:02x}000000 b8e7000000 0f05", f"/bin/tiny{number}")
        p.load(CODE)
        p.run()
        assert p.exit_code == number << 8
        machine.fs.unlink(f"/bin/tiny{number}")
