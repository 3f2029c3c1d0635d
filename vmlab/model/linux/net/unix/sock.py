"""The state of a socket, and who is told when it changes: the half that closing a file calls."""

from __future__ import annotations

from vmlab.model.abi import errno
from vmlab.model.abi.poll import (
    POLLERR,
    POLLHUP,
    POLLIN,
    POLLOUT,
    POLLPRI,
    POLLRDBAND,
    POLLRDHUP,
    POLLRDNORM,
    POLLWRBAND,
    POLLWRNORM,
)
from vmlab.model.abi.socket import SOCK_DGRAM
from vmlab.model.linux.fs.eventpoll_wake import ANY_KEY, wake_up_poll
from vmlab.model.linux.include.af_unix import RCV_SHUTDOWN, SHUTDOWN_MASK, SkBuff, UnixSock
from vmlab.model.linux.include.structs import File, Inode, System

_READABLE = POLLIN | POLLPRI | POLLRDNORM | POLLRDBAND
_WRITABLE = POLLOUT | POLLWRNORM | POLLWRBAND


def unix_sk(inode: Inode) -> UnixSock:
    """Return the socket of an inode.

    Source: include/net/af_unix.h: unix_sk() [v6.18].
    """
    assert isinstance(inode.i_private, UnixSock)
    return inode.i_private


def sk_wmem_alloc_get(inode: Inode) -> int:
    """Return how much memory that takes which a socket sent and nobody has read yet, in bytes.

    Source: include/net/sock.h: sk_wmem_alloc_get() [v6.18].
    """
    peer = unix_sk(inode).peer
    return sum(skb.truesize for skb in unix_sk(peer).queue) if peer is not None else 0


def unix_writable(inode: Inode) -> bool:
    """Say whether three quarters of what a socket may send are free.

    Source: net/unix/af_unix.c: unix_writable() [v6.18].
    """
    return (sk_wmem_alloc_get(inode) + 1) << 2 <= unix_sk(inode).sndbuf


def skb_queue_tail(system: System, inode: Inode, skb: SkBuff) -> None:
    """Give a socket something to read.

    Emits: ep_ready.
    Source: net/core/skbuff.c: skb_queue_tail() [v6.18]; net/core/sock.c: sock_def_readable()
        [v6.18].
    """
    sk = unix_sk(inode)
    inode.i_private = sk._replace(queue=(*sk.queue, skb))
    wake_up_poll(system, inode, _READABLE)


def consume_skb(system: System, inode: Inode) -> None:
    """Take the first thing that was sent to a socket away.

    Emits: ep_ready.
    Source: net/core/skbuff.c: consume_skb() [v6.18]; net/unix/af_unix.c: unix_write_space()
        [v6.18].
    """
    sk = unix_sk(inode)
    inode.i_private = sk._replace(queue=sk.queue[1:])
    if sk.peer is not None and unix_writable(sk.peer):
        wake_up_poll(system, sk.peer, _WRITABLE)


def unix_poll(inode: Inode) -> int:
    """Return what can be done with a socket without sleeping, as POLL* bits.

    Source: net/unix/af_unix.c: unix_poll(), unix_dgram_poll() [v6.18].
    """
    sk = unix_sk(inode)
    mask = POLLERR if sk.err else 0
    if sk.shutdown & RCV_SHUTDOWN:
        mask |= POLLRDHUP | POLLIN | POLLRDNORM
    if sk.queue:
        mask |= POLLIN | POLLRDNORM
    if sk.shutdown == SHUTDOWN_MASK or (sk.type != SOCK_DGRAM and not sk.connected):
        mask |= POLLHUP
    return mask | (_WRITABLE if unix_writable(inode) else 0)


def unix_inq_len(inode: Inode) -> int:
    """Return how many bytes there are to read; of datagrams those of the first.

    Source: net/unix/af_unix.c: unix_inq_len() [v6.18].
    """
    sk = unix_sk(inode)
    queue = sk.queue[:1] if sk.type == SOCK_DGRAM else sk.queue
    return sum(len(skb.data) for skb in queue)


def unix_shutdown(system: System, inode: Inode, mode: int) -> None:
    """End one direction of a socket or both; that of its other end too, unless it is datagrams.

    Args:
        system: the kernel.
        inode: the socket.
        mode: RCV_SHUTDOWN, SEND_SHUTDOWN.

    Emits: ep_ready.
    Source: net/unix/af_unix.c: unix_shutdown() [v6.18].
    """
    sk = unix_sk(inode)
    inode.i_private = sk._replace(shutdown=sk.shutdown | mode)
    wake_up_poll(system, inode, ANY_KEY)
    if sk.peer is not None and sk.type != SOCK_DGRAM:
        other = unix_sk(sk.peer)
        swapped = (mode & 1) << 1 | mode >> 1
        sk.peer.i_private = other._replace(shutdown=other.shutdown | swapped)
        wake_up_poll(system, sk.peer, ANY_KEY)


def unix_release_sock(system: System, inode: Inode) -> list[File]:
    """Let a socket go; return the open files that were sent to it and nobody took.

    Emits: ep_ready.
    Source: net/unix/af_unix.c: unix_release_sock() [v6.18].
    """
    sk, sent = unix_sk(inode), files_sent(inode)
    inode.i_private = sk._replace(queue=(), peer=None)
    if sk.peer is not None:
        other = unix_sk(sk.peer)
        if sk.type != SOCK_DGRAM:
            err = errno.ECONNRESET if sk.queue else other.err
            other = other._replace(shutdown=SHUTDOWN_MASK, err=err)
        sk.peer.i_private = other._replace(peer=None)
        wake_up_poll(system, sk.peer, ANY_KEY)
    return sent


def files_sent(inode: Inode) -> list[File]:
    """Return the open files that were sent to a socket and that nobody took yet; none for others.

    Source: net/unix/garbage.c: unix_add_edges() [v6.18].
    """
    sk = inode.i_private
    return [file for skb in sk.queue for file in skb.files] if isinstance(sk, UnixSock) else []
