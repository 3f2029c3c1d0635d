"""What snapshots of the seventh version say of sockets, in the form of the eighth."""

from __future__ import annotations

from typing import Any

from vmlab.model.abi.socket import AF_UNIX
from vmlab.model.linux.include.fs import S_IFSOCK
from vmlab.model.linux.include.sock import SkState
from vmlab.model.linux.net.unix.connect import MAX_DGRAM_QLEN

Data = dict[str, Any]  # a snapshot as JSON data


def with_names_of_sockets(data: Data) -> Data:
    """Say what it does not tell of sockets and queues of messages."""
    # Sockets had no names, and were those of AF_UNIX; there were no queues of POSIX.
    unread = {inode["ino"]: sum(skb[1] for skb in inode["skbs"]) for inode in data["inodes"]}
    return {**data, "inodes": [_with_names(inode, unread) for inode in data["inodes"]]}


def _with_names(inode: Data, unread: dict[int, int]) -> Data:
    told = {"sk_names": ["", ""], "messages": [], "waiters": []}
    if not inode["private"] or inode["kind"] != S_IFSOCK:
        return {**inode, **told}
    kind, pid, peer, connected, shutdown, err, sndbuf, rcvbuf = inode["private"]
    state = int(SkState.TCP_ESTABLISHED if connected else SkState.TCP_CLOSE)
    ends = [AF_UNIX, kind, 0, state, pid, peer, shutdown, err, sndbuf, rcvbuf]
    private = [*ends, 0, MAX_DGRAM_QLEN, 0, 0, unread.get(peer, 0), 0]
    skbs = [[*skb, "", peer] for skb in inode["skbs"]]
    return {**inode, **told, "private": private, "skbs": skbs}
