"""Handlers of signals run in machine code."""

import struct

import pytest

pytest.importorskip("unicorn", reason="the extra vmlab[programs] is not installed")

from tests.programs.machine_code import DATA, load
from vmlab import LinuxError, Machine, MiB, Process, Recorder
from vmlab.model.abi.signal import Sa, Sigaction

SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGUSR1, SIGSEGV, SIGCHLD = 4, 5, 7, 8, 10, 11, 17
EXIT = "b8e7000000 0f05"  # exit_group(edi)
EXIT_7 = "bf07000000" + EXIT
STORE = "c604250500002041"  # byte [0x20000005] = 'A', 8 bytes of code
NOTE = "488b4610 4889042500006000"  # [DATA] = si_addr
SKIP = "488382a800000008 c3"  # the ip that is saved += 8; return
COUNT = "fe042500006000 c3"  # byte [DATA] += 1; return
PAUSE = "b822000000 0f05 f7d8 89c7" + EXIT  # exit(-pause())
KILL_ITSELF = "b827000000 0f05 89c7 be0a000000 b83e000000 0f05"  # kill(getpid(), SIGUSR1)
# fork; the child sleeps for ever; exit(wait4(-1, 0, 0, 0))
WAIT = "bfffffffff 31f6 31d2 4531d2 b83d000000 0f05 89c7" + EXIT
FORK_AND_WAIT = "b839000000 0f05 85c0 7507 b822000000 0f05" + WAIT
RETURN = "b80f000000 0f05"  # rt_sigreturn


def program(machine: Machine, main: str, signal: int, handler: str, flags: int = 0) -> Process:
    """A process that is about to run main, with a handler for a signal."""
    p = load(machine, RETURN + handler + main)
    restorer = p.task.rip
    start = restorer + len(bytes.fromhex(RETURN))
    p._rt_sigaction(signal, Sigaction(start, Sa.SA_SIGINFO | Sa.SA_RESTORER | flags, restorer))
    p.task.rip = start + len(bytes.fromhex(handler))
    return p


def word(p: Process, addr: int = DATA) -> int:
    return int.from_bytes(p.machine[p.pid].load(addr, 8), "little")


@pytest.fixture
def machine() -> Machine:
    return Machine(ram=16 * MiB)


def test_a_handler_mends_what_is_wrong_and_returns(machine: Machine) -> None:
    p = program(machine, STORE + EXIT_7, SIGSEGV, NOTE + SKIP)
    assert p.run("signal").signal == SIGSEGV
    p.run()
    assert p.exit_code == 7 << 8


def test_it_gets_the_signal_and_where_its_frame_is(machine: Machine) -> None:
    p = program(machine, STORE + EXIT_7, SIGSEGV, SKIP)
    ip, sp = p.task.rip, p.task.rsp
    stop = p.run("signal")
    action = p.task.sighand.action[SIGSEGV]
    regs = p.task.regs
    assert (stop.why, stop.addr) == ("signal", action.sa_handler)
    assert (regs.di, regs.ax, regs.si - regs.sp, regs.dx - regs.sp) == (SIGSEGV, 0, 312, 8)
    assert regs.sp % 16 == 8
    frame = p.load(regs.sp, sp - regs.sp)
    (pretcode,) = struct.unpack_from("<Q", frame)
    saved_sp, saved_ip = struct.unpack_from("<2Q", frame, 48 + 120)
    signo, errno, code, addr = struct.unpack_from("<3i4xQ", frame, 312)
    error, trap, mask, cr2, fpstate = struct.unpack_from("<5Q", frame, 48 + 152)
    assert (pretcode, saved_sp, saved_ip) == (action.sa_restorer, sp, ip)
    assert (signo, errno, code, addr) == (SIGSEGV, 0, 1, 0x20000005)
    assert (error, trap, mask, cr2) == (6, 14, 0, 0x20000005)
    assert fpstate % 64 == 0
    assert fpstate + 2436 <= sp - 128
    assert p.load(fpstate + 464, 4) == b"SXPF"


@pytest.mark.parametrize("listens", [False, True])
@pytest.mark.parametrize(
    ("code", "addr"),
    [
        ("488b0425fcff6000", DATA + 0x10000),  # rax = [the last 4 bytes of DATA and 4 behind them]
        ("480fc70c2510000020", 0x20000010),  # cmpxchg8b
        ("be00006000 bf08000020 b902000000 f3a4", 0x20000008),  # from DATA, which is mapped
        ("be09000020 bf00006000 b902000000 f3a4", 0x20000009),  # to DATA
        ("b877000020 ffe0", 0x20000077),  # jump there
        ("0f1104 25faff6000", DATA + 0x10000),  # movups [6 bytes before the end of DATA], xmm0
        ("0f1004 25faff6000", DATA + 0x10000),
        ("d9e8 db3c25faff6000", DATA + 0x10000),  # fld1, fstp tbyte
        ("0f11042508ff2000", 0x20FF08),  # a page that is not there at all
    ],
)
def test_the_address_is_exact(machine: Machine, code: str, addr: int, listens: bool) -> None:
    p = program(machine, code, SIGSEGV, NOTE + SKIP)
    recorder = Recorder(machine) if listens else None
    p.run("signal")
    assert word(p, p.task.regs.si + 16) == addr
    assert p.task.cr2 == addr
    if recorder is not None:
        recorder.close()


@pytest.mark.parametrize("code", ["8004250000600001", "f0fe042500006000", "870425 00006000"])
def test_what_reads_and_writes_faults_once(machine: Machine, code: str) -> None:
    p = load(machine, code + EXIT_7)
    before = p.min_flt
    p.run("syscall")
    assert p.min_flt - before == 2  # its code, and DATA


@pytest.mark.parametrize(
    ("code", "signal", "expected"),
    [
        ("31c9 31d2 f7f1", SIGFPE, (1, 4)),  # division by zero, behind 4 bytes
        ("0f0b", SIGILL, (2, 0)),
        ("cc", SIGTRAP, (128, None)),
        ("9c 810c2400010000 9d 90", SIGTRAP, (2, 10)),  # TF, after the next instruction
        ("f4", SIGSEGV, (128, None)),
        ("48b80000000000000080 8a00", SIGSEGV, (128, None)),  # not canonical
        ("cd20", SIGSEGV, (128, None)),
    ],
)
def test_exceptions(
    machine: Machine, code: str, signal: int, expected: tuple[int, int | None]
) -> None:
    p = program(machine, code, signal, SKIP)
    start = p.task.rip
    assert p.run("signal").signal == signal
    info = struct.unpack("<3i4xQ", p.load(p.task.regs.si, 24))
    code_of, place = expected
    assert info == (signal, 0, code_of, 0 if place is None else start + place)


def test_a_breakpoint_is_over_and_other_faults_are_not(machine: Machine) -> None:
    for code, signal, behind in (("cc", SIGTRAP, 1), ("f4", SIGSEGV, 0), ("cd20", SIGSEGV, 0)):
        p = program(machine, code, signal, SKIP)
        start = p.task.rip
        p.run("signal")
        assert word(p, p.task.regs.dx + 168) == start + behind, code


def test_registers_are_as_before_the_handler(machine: Machine) -> None:
    set_them = "bb34120000 66480f6ec3"  # ebx = 0x1234; xmm0 = rbx
    clear_them = "31db 66480f6ec3"
    tell = "66480f7ec7 01df" + EXIT  # exit(xmm0 + ebx)
    p = program(machine, set_them + STORE + tell, SIGSEGV, clear_them + SKIP)
    p.run()
    assert p.exit_code == (2 * 0x1234 & 0xFF) << 8


def test_the_registers_of_the_fpu_are_as_at_the_start_in_a_handler(machine: Machine) -> None:
    set_it = "bb34120000 66480f6ec3"
    p = program(machine, set_it + STORE, SIGSEGV, "66480f7ec7" + EXIT)  # exit(xmm0)
    p.run()
    assert p.exit_code == 0


def test_a_frame_that_cannot_be_written_kills(machine: Machine) -> None:
    p = program(machine, "31e4" + STORE, SIGSEGV, SKIP)  # esp = 0
    stop = p.run()
    assert (stop.why, stop.signal, p.exit_code) == ("signal", SIGSEGV, SIGSEGV)


def test_a_handler_may_have_a_stack_of_its_own(machine: Machine) -> None:
    p = program(machine, "31e4" + STORE, SIGSEGV, EXIT_7, Sa.SA_ONSTACK)
    p.store(DATA, struct.pack("<3Q", DATA + 0x4000, 0, 0x4000))
    p.sigaltstack(DATA)
    p.run("signal")
    assert DATA + 0x4000 < p.task.rsp <= DATA + 0x8000
    p.run()
    assert p.exit_code == 7 << 8


def test_a_fault_that_is_blocked_or_ignored_kills(machine: Machine) -> None:
    p = program(machine, STORE, SIGSEGV, SKIP)
    p.task.blocked = 1 << SIGSEGV - 1
    p.run()
    assert p.exit_code == SIGSEGV
    p = load(machine, STORE)
    p._rt_sigaction(SIGSEGV, Sigaction(1))
    p.run()
    assert p.exit_code == SIGSEGV


def test_a_signal_from_itself(machine: Machine) -> None:
    p = program(machine, KILL_ITSELF + KILL_ITSELF + EXIT_7, SIGUSR1, COUNT)
    p.run("signal")
    assert struct.unpack("<5i", p.load(p.task.regs.si, 20)) == (SIGUSR1, 0, 0, 0, p.pid)
    p.run("signal")
    p.run("syscall")
    assert p.load(DATA) == b"\2"
    p.run()
    assert p.exit_code == 7 << 8


def test_a_handler_ends_a_pause(machine: Machine) -> None:
    p = program(machine, PAUSE, SIGUSR1, COUNT)
    assert p.run().why == "sleeps"
    machine.spawn().kill(p.pid, SIGUSR1)
    p.run()
    assert p.exit_code == 4 << 8  # EINTR


@pytest.mark.parametrize(("flags", "code"), [(Sa.SA_RESTART, 1001 & 0xFF), (0, 256 - 4)])
def test_a_call_that_sleeps_is_made_again_or_not(machine: Machine, flags: int, code: int) -> None:
    p = program(machine, FORK_AND_WAIT, SIGUSR1, COUNT, flags)
    assert p.run().why == "sleeps"
    machine.spawn().kill(p.pid, SIGUSR1)
    p.run()
    machine.spawn().kill(1001, 15)
    p.run()
    assert p.exit_code == code << 8


def test_a_signal_comes_between_two_instructions(machine: Machine) -> None:
    p = program(machine, "ebfe", SIGUSR1, EXIT_7)
    assert p.run(instructions=1000).why == "limit"
    machine.spawn().kill(p.pid, SIGUSR1)
    p.run()
    assert p.exit_code == 7 << 8


def test_a_call_of_machine_code_tells_the_old_handler(machine: Machine) -> None:
    # rt_sigaction(SIGUSR1, DATA + 64, DATA, 8)
    call = "bf0a000000 be40006000 ba00006000 41ba08000000 b80d000000 0f05 89c7" + EXIT
    p = program(machine, call, SIGUSR1, COUNT)
    old = p.task.sighand.action[SIGUSR1]
    p.store(DATA + 64, struct.pack("<4Q", 1, 0, 0, 0))
    p.run("syscall")
    assert struct.unpack("<4Q", p.load(DATA, 32)) == old
    assert p.task.sighand.action[SIGUSR1] == Sigaction(1)


def test_one_shot_and_no_wait(machine: Machine) -> None:
    twice = KILL_ITSELF + KILL_ITSELF + EXIT_7
    p = program(machine, twice, SIGUSR1, COUNT, Sa.SA_RESETHAND)
    p.run()
    assert p.exit_code == SIGUSR1
    p = program(machine, KILL_ITSELF + EXIT_7, SIGUSR1, COUNT, Sa.SA_NODEFER)
    p.run("signal")
    assert p.task.blocked == 0


def test_who_calls_from_python_may_be_the_handler(machine: Machine) -> None:
    p = load(machine, STORE + EXIT_7)
    p.sigaction(SIGSEGV)
    stop = p.run()
    assert (stop.why, stop.signal, p.state) == ("signal", SIGSEGV, "R")
    p.mmap(0x20000000, 4096, 3, 0x32)
    p.run()
    assert p.exit_code == 7 << 8


def test_what_a_handler_did_is_done_again(machine: Machine) -> None:
    p = program(machine, STORE + KILL_ITSELF + PAUSE, SIGSEGV, NOTE + SKIP)
    start = p.task.sighand.action[SIGSEGV]
    p._rt_sigaction(SIGUSR1, start._replace(sa_handler=start.sa_handler))
    recorder = Recorder(machine)
    p.run("signal")
    p.run("signal")
    machine.run(instructions=100_000)
    again = Recorder.from_json(recorder.to_json())
    assert again.machine.snapshot() == machine.snapshot()
    for step in range(-1, len(recorder), 11):
        assert again.snapshot(step) == recorder.snapshot(step)


def test_the_kernel_half_is_not_there(machine: Machine) -> None:
    # al = byte [0xffffffff81000000 + 64]
    p = program(machine, "48c7c040000081 8a00", SIGSEGV, SKIP)
    p.run("signal")
    assert word(p, p.task.regs.si + 16) == 0xFFFFFFFF81000040
    assert p.task.error_code == 5


def test_a_signal_that_nobody_has_a_handler_for(machine: Machine) -> None:
    p = load(machine, "ebfe")
    machine.spawn().kill(p.pid, 15)
    assert p.exit_code == 15
    with pytest.raises(LinuxError, match="ESRCH"):
        machine.spawn().kill(p.pid, 15)


def test_a_stopped_program_goes_on_where_it_was(machine: Machine) -> None:
    stop = "b827000000 0f05 89c7 be13000000 b83e000000 0f05"  # kill(getpid(), SIGSTOP)
    p = load(machine, stop + EXIT_7)
    assert p.run().why == "sleeps"
    assert p.state == "T"
    machine.spawn().kill(p.pid, 18)
    assert p.run().why == "exit"
    assert p.exit_code == 7 << 8


@pytest.mark.parametrize(("handled", "result"), [(False, "sleeps"), (True, "exit")])
def test_a_call_that_a_stop_cut_off_ends_only_for_a_handler(
    machine: Machine, handled: bool, result: str
) -> None:
    p = program(machine, PAUSE, 18, "c3")
    if not handled:
        p.sigaction(18, False)
    assert p.run().why == "sleeps"
    for signal in (19, 18):
        machine.spawn().kill(p.pid, signal)
        stop = p.run()
        assert p.state == ("T" if signal == 19 else "X" if handled else "R")
    assert stop.why == result
    assert p.exit_code == (4 << 8 if handled else 0)


def test_a_write_that_sigpipe_cuts_off_tells_what_was_written(machine: Machine) -> None:
    main = "bf04000000 be00006000 ba00200100 b801000000 0f05"  # write(4, DATA, 0x12000)
    p = program(machine, main + "89c7c1ef0c" + EXIT, 13, COUNT)
    p.pipe()
    child = p.fork()
    p.close(3)
    assert p.run().why == "sleeps"
    child.close(3)
    p.run()
    assert p.exit_code == 16 << 8
    assert not child.task.pending
