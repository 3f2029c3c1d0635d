"""Messages of System V: who waits, who goes on, and in which order. Asked of Linux 6.18."""

from __future__ import annotations

import struct

from tests.refused import refused
from tests.threads import WORD, Thread, threads
from vmlab import IPC_PRIVATE, LinuxError, Msgctl, Msgrcv, Process, Snapshot, errno

TO = WORD + 2048
NOWAIT = int(Msgrcv.IPC_NOWAIT)


def started(count: int, qbytes: int = 16384) -> list[Thread]:
    """Threads of a process that has a queue 0 for so many bytes."""
    found = threads(count)
    p = found[0].process
    assert p.msgget(IPC_PRIVATE, 0o600) == 0
    limit(p, qbytes)
    return found


def limit(p: Process, qbytes: int) -> None:
    p.store(TO, struct.pack("<6I24x3q3Q24x", 0, 0, 0, 0, 0, 0o600, 0, 0, 0, 0, 0, qbytes))
    p.msgctl(0, Msgctl.IPC_SET, TO)


def send(who: Thread, mtype: int, text: bytes, flags: int = 0) -> int | None:
    who.process.store(WORD + 1024, struct.pack("<q", mtype) + text)
    return who.call("msgsnd", 0, WORD + 1024, len(text), flags)


def receive(who: Thread, mtype: int = 0, size: int = 99, flags: int = 0) -> int | None:
    return who.call("msgrcv", 0, TO, size, mtype, flags)


def got(p: Process, size: int) -> tuple[int, bytes]:
    (mtype,) = struct.unpack("<q", p.load(TO, 8))
    return mtype, p.load(TO + 8, size)


def test_a_message_goes_to_who_waits_for_it_longest() -> None:
    main, one, two, three = started(3)
    assert receive(one, 5) is receive(two) is receive(three, -9) is None
    assert send(main, 7, b"abc") == 0
    assert [each.is_ready() for each in (one, two, three)] == [False, True, False]
    assert two.again() == 3
    assert got(main.process, 3) == (7, b"abc")
    send(main, 5, b"for one")
    send(main, 10, b"for nobody")
    assert (one.again(), three.is_ready()) == (7, False)


def test_who_has_too_little_room_is_told_and_the_next_one_gets_it() -> None:
    main, one, two = started(2)
    receive(one, 0, 2)
    receive(two, 0, 2, Msgrcv.MSG_NOERROR)
    send(main, 7, b"abc")
    assert one.again() == -errno.E2BIG
    assert two.again() == 2


def test_other_types_than_one() -> None:
    main, one = started(1)
    receive(one, 5, 99, Msgrcv.MSG_EXCEPT)
    send(main, 5, b"x")
    assert not one.is_ready()
    send(main, 6, b"yz")
    assert one.again() == 2


def test_who_sends_waits_for_room() -> None:
    main, one, two = started(2, qbytes=10)
    assert send(main, 1, b"12345678") == 0
    assert send(one, 2, b"123") is None
    assert send(two, 3, b"12") == 0, "it fits"
    assert receive(main) == 8
    assert one.is_ready()
    assert one.again() == 0
    assert [msg.m_type for msg in main.process.machine.system.msg_ids.ipcs[0].q_messages] == [3, 2]


def test_those_that_do_not_fit_stand_behind() -> None:
    main, one, two, three = started(3, qbytes=4)
    send(main, 1, b"1234")
    send(one, 2, b"1234")
    send(two, 3, b"1")
    send(main, 4, b"", NOWAIT)
    senders = main.process.machine.system.msg_ids.ipcs[0].q_senders
    limit(main.process, 5)
    assert [each.pid for each in senders] == [two.process.pid, one.process.pid]
    assert [each.is_ready() for each in (one, two)] == [False, True]
    assert send(three, 5, b"1") == 0, "who comes in between may take the room"
    assert two.again() is None
    receive(main)
    receive(main)
    assert (one.again(), two.again()) == (0, None), "both were to try, and one was first"


def test_what_was_to_be_sent_is_as_it_was_when_the_call_began() -> None:
    main, one = started(1, qbytes=4)
    send(main, 1, b"1234")
    send(one, 2, b"abcd")
    main.process.store(WORD + 1024, bytes(16))
    receive(main)
    assert one.again() == 0
    assert receive(main) == 4
    assert got(main.process, 4) == (2, b"abcd")


def test_as_many_messages_as_bytes() -> None:
    main, *_ = started(0, qbytes=2)
    assert [send(main, 1, b"", NOWAIT) for _ in range(3)] == [0, 0, -errno.EAGAIN]


def test_a_queue_that_is_removed() -> None:
    main, one, two = started(2, qbytes=4)
    receive(one, 9)
    send(main, 1, b"1234")
    send(two, 1, b"1234")
    main.process.msgctl(0, Msgctl.IPC_RMID)
    assert one.again() == two.again() == -errno.EIDRM
    with refused(LinuxError, "no_queue", "EINVAL"):
        main.process.msgrcv(0, TO, 1)


def test_a_new_setting_lets_who_waits_look_again() -> None:
    main, one, two = started(2)
    receive(one, 5)
    receive(two, 5)
    limit(main.process, 100)
    assert one.is_ready()
    assert one.again() is None, "behind the other now"
    send(main, 5, b"x")
    assert (two.is_ready(), one.is_ready()) == (True, False)


def test_a_signal_cuts_off_unless_the_message_is_there() -> None:
    main, one, two = started(2)
    receive(one)
    receive(two)
    send(main, 1, b"x")
    for each in (one, two):
        main.process.tkill(each.process.pid, 18)  # which wakes nobody
    assert one.again() == 1
    main.process.store(WORD, struct.pack("<4Q", 0x401000, 0x14000000, 0x401000, 0))
    main.call("rt_sigaction", 10, WORD, 0, 8)
    main.process.tkill(two.process.pid, 10)
    two.again()
    assert main.process.machine.system.msg_ids.ipcs[0].q_receivers == []


def test_who_is_killed_waits_no_more() -> None:
    main, *_ = started(0, qbytes=4)
    reader, writer = Thread(main.process.fork()), Thread(main.process.fork())
    receive(reader, 9)
    send(main, 1, b"1234")
    send(writer, 1, b"1234")
    for each in (reader, writer):
        main.process.kill(each.process.pid, 9)
    msq = main.process.machine.system.msg_ids.ipcs[0]
    assert (msq.q_receivers, msq.q_senders) == ([], [])


def test_who_sent_and_received_last() -> None:
    main, one = started(1)
    p = main.process
    p.machine.system.clock = 5 * 10**9
    receive(one)
    send(main, 1, b"x")
    p.msgctl(0, Msgctl.IPC_STAT, TO)
    told = struct.unpack("<3q3Q2I", p.load(TO + 48, 56))
    # Of a message that was handed over, the thread is told; else the process.
    assert told == (5, 5, 0, 0, 0, 16384, p.pid, one.process.pid)


def test_a_state_keeps_messages_and_who_waits() -> None:
    main, one, two, three = started(3, qbytes=4)
    receive(one, 9)
    receive(three, 8)
    send(main, 8, b"gone")
    send(main, 1, b"1234")
    send(two, 2, b"\0\xff")
    m = main.process.machine
    snap = Snapshot.from_json(m.snapshot().to_json())
    m.restore(snap)
    assert m.snapshot() == snap
    assert three.again() == 4
    assert receive(main) == 4
    assert two.again() == 0
    assert receive(main) == 2
    assert got(main.process, 2) == (2, b"\0\xff")
