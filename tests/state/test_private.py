"""States tell what files hold that have no bytes; what they cannot hold is refused."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from tests.refused import refused
from vmlab import (
    AF_INET,
    AF_UNIX,
    MSG_NOSIGNAL,
    O_CREAT,
    O_RDWR,
    SOCK_SEQPACKET,
    SOCK_STREAM,
    LinuxError,
    Machine,
    MiB,
    StateError,
)
from vmlab.state import files as state_file
from vmlab.state.check import check
from vmlab.state.codec import encode
from vmlab.state.private import SOCK_INTS

A = 0x10000000


def machine() -> Machine:
    """An eventfd, an epoll that watches it and a timerfd, a signalfd, two sockets, a queue."""
    m = Machine(ram=16 * MiB)
    p = m.spawn()
    p.mmap(A, 4096, 3, 0x32)
    p.store(A, struct.pack("<IQ", 1, (1 << 64) - 1))
    count, epfd, time = p.eventfd2(3, 1), p.epoll_create1(), p.timerfd_create(1)
    p.epoll_ctl(epfd, 1, time, A)
    p.epoll_ctl(epfd, 1, count, A)
    p.store(A, struct.pack("<4q", 2, 0, 1, 0))
    p.timerfd_settime(time, 0, A)
    p.signalfd(-1, A)
    one, _ = p.socketpair(AF_UNIX, SOCK_STREAM)
    p.store(A, struct.pack("<Qi4xQQQQI4x", 0, 0, A + 64, 1, A + 128, 20, 0))
    p.store(A + 64, struct.pack("<2Q", A, 4))
    p.store(A + 128, struct.pack("<Qiii", 20, 1, 1, count))
    p.sendmsg(one, A)
    queue = p.mq_open("jobs", O_RDWR | O_CREAT, 0o600)
    p.mq_timedsend(queue, A, 2, 1)
    p.mq_timedsend(queue, A, 3, 4)
    p.store(A, struct.pack("<Qii", 7, 10, 0))
    p.mq_notify(queue, A)
    return m


def test_all_of_it_comes_back() -> None:
    m = machine()
    snap = m.snapshot()
    again = type(snap).from_json(snap.to_json())
    assert again == snap
    assert Machine.from_snapshot(again).snapshot() == snap


def test_a_socket_whose_other_end_is_closed_comes_back_alone() -> None:
    p = Machine(ram=16 * MiB).spawn()
    p.mmap(A, 4096, 3, 0x32)
    p.socketpair(AF_UNIX, SOCK_STREAM)
    p.close(3)
    again = Machine.from_snapshot(p.machine.snapshot())[p.pid]
    with refused(LinuxError, "socket_without_reader", "EPIPE"):
        again.sendto(4, A, 1, MSG_NOSIGNAL)


def test_a_connection_that_waits_comes_back() -> None:
    p = Machine(ram=16 * MiB).spawn()
    p.mmap(A, 4096, 3, 0x32)
    p.store(A, struct.pack("<HH4s8x", AF_INET, 0x5000, b"\x7f\0\0\1"))
    listener, client = p.socket(AF_INET, SOCK_STREAM), p.socket(AF_INET, SOCK_STREAM)
    p.bind(listener, A, 16)
    p.listen(listener, 1)
    p.connect(client, A, 16)
    p.sendto(client, A, 3)
    snap = p.machine.snapshot()
    again = Machine.from_snapshot(type(snap).from_json(snap.to_json()))
    assert again.snapshot() == snap
    q = again[p.pid]
    assert q.recvfrom(q.accept(listener), A, 9) == 3


def place(kind: str, data: Any) -> int:
    return next(i for i, inode in enumerate(data["inodes"]) if inode["kind"] == kind)


def changed(kind: str, field: str, change: Any) -> Any:
    data = encode(machine().snapshot())
    inode = data["inodes"][place(kind, data)]
    inode[field] = change(inode[field]) if callable(change) else change
    return data


def at(index: int, value: Any) -> Any:
    return lambda row: [*row[:index], value, *row[index + 1 :]]


def told(**fields: int) -> Any:
    return lambda row: [fields.get(name, each) for name, each in zip(SOCK_INTS, row, strict=True)]


def first(index: int, value: Any) -> Any:
    return lambda rows: [at(index, value)(rows[0]), *rows[1:]]


@pytest.mark.parametrize(
    ("kind", "field", "change"),
    [
        ("eventfd", "private", []),
        ("eventfd", "private", [-1, 0]),
        ("eventfd", "private", [(1 << 64) - 1, 0]),
        ("eventfd", "private", [0, 2]),
        ("eventfd", "epitems", [[0, 2, 1, 0, 1, 0]]),
        ("eventfd", "skbs", [["00", 768, [], "", 0]]),
        ("reg", "private", [1]),
        ("signalfd", "private", [1 << 64]),
        ("signalfd", "private", [-1]),
        ("timerfd", "private", at(0, -1)),
        ("timerfd", "private", at(1, -2)),
        ("timerfd", "private", at(2, -1)),
        ("timerfd", "private", at(3, 2)),
        ("timerfd", "private", at(4, -1)),
        ("timerfd", "private", at(5, 1 << 63)),
        ("eventpoll", "epitems", first(0, -1)),
        ("eventpoll", "epitems", first(1, 99)),
        ("eventpoll", "epitems", first(2, 1 << 32)),
        ("eventpoll", "epitems", first(3, 1 << 64)),
        ("eventpoll", "epitems", first(4, 0)),
        ("eventpoll", "epitems", first(4, 2)),
        ("eventpoll", "epitems", first(5, 1)),
        ("eventpoll", "epitems", first(5, 3)),
        ("eventpoll", "epitems", first(5, -1)),
        ("sock", "private", []),
        ("sock", "private", told(family=AF_INET)),
        ("sock", "private", told(family=3)),
        ("sock", "private", told(type=SOCK_SEQPACKET)),
        ("sock", "private", told(type=3)),
        ("sock", "private", told(state=3)),
        ("sock", "private", told(pid=-1)),
        ("sock", "private", told(peer=1)),
        ("sock", "private", told(peer=999)),
        ("sock", "private", told(shutdown=4)),
        ("sock", "private", told(err=4096)),
        ("sock", "private", told(sndbuf=0)),
        ("sock", "private", told(rcvbuf=1 << 32)),
        ("sock", "private", told(flags=1 << 20)),
        ("sock", "private", told(rcvtimeo=1 << 63)),
        ("sock", "private", told(wmem_alloc=-1)),
        ("sock", "sk_names", ["", "0"]),
        ("sock", "sk_names", ["020000", ""]),
        ("sock", "skbs", [["0", 768, [], "", 0]]),
        ("sock", "skbs", [["0g", 768, [], "", 0]]),
        ("sock", "skbs", [["00", 0, [], "", 0]]),
        ("sock", "skbs", [["00", 768, [99], "", 0]]),
        ("sock", "skbs", [["00", 768, [], "0", 0]]),
        ("sock", "skbs", [["00", 768, [], "", 1]]),
        ("reg", "messages", [[1, "00"]]),
        ("reg", "sk_names", ["010061", ""]),
        ("mqueue", "private", [0, 1]),
        ("mqueue", "private", [10, 0, 1000, 0, 10, 7]),
        ("mqueue", "private", at(2, -1)),
        ("mqueue", "messages", [[1, "00"], [4, "00"]]),
        ("mqueue", "messages", [[1, "0"]]),
        ("mqueue", "waiters", [[1000, True, [[1, "00"], [1, "00"]], False]]),
    ],
)
def test_what_cannot_be_is_refused(kind: str, field: str, change: Any) -> None:
    data = changed(kind, field, change)
    with pytest.raises(StateError, match=rf"inodes\[{place(kind, data)}\]\.{field}"):
        check(state_file.read_snapshot(data, ""))


def test_a_file_that_was_sent_is_held() -> None:
    data = encode(machine().snapshot())
    for inode in data["inodes"]:
        inode["skbs"] = []
    with refused(StateError, "nr_hold_file"):
        check(state_file.read_snapshot(data, ""))
