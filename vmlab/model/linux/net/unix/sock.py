"""What becomes of a socket between processes: who can do what with it, and its end."""

from __future__ import annotations

from vmlab.model.abi import errno
from vmlab.model.abi.poll import POLLERR, POLLHUP, POLLIN, POLLRDHUP, POLLRDNORM
from vmlab.model.abi.socket import AF_UNIX, SOCK_DGRAM
from vmlab.model.linux.fs.eventpoll_wake import ANY_KEY, wake_up_poll
from vmlab.model.linux.fs.inode import iput
from vmlab.model.linux.include.sock import RCV_SHUTDOWN, SHUTDOWN_MASK, SkState, Sock
from vmlab.model.linux.include.structs import File, Inode, System
from vmlab.model.linux.net.core.sock import (
    WRITABLE,
    all_socks,
    files_sent,
    sock_of,
    sock_set,
    sock_wfree,
    unix_writable,
)


def unix_recvq_full(sk: Sock) -> bool:
    """Say whether no more connections, or datagrams of others than its own peer, may wait.

    Source: net/unix/af_unix.c: unix_recvq_full() [v6.18].
    """
    return len(sk.queue) > sk.backlog


def unix_poll(inode: Inode) -> int:
    """Return what can be done with a socket without sleeping, as POLL* bits.

    Source: net/unix/af_unix.c: unix_poll(), unix_dgram_poll() [v6.18].
    """
    sk = sock_of(inode)
    mask = POLLERR if sk.err else 0
    if sk.shutdown & RCV_SHUTDOWN:
        mask |= POLLRDHUP | POLLIN | POLLRDNORM
    if sk.queue:
        mask |= POLLIN | POLLRDNORM
    if sk.shutdown == SHUTDOWN_MASK or (sk.type != SOCK_DGRAM and sk.state == SkState.TCP_CLOSE):
        mask |= POLLHUP
    full = sk.type == SOCK_DGRAM and is_full_for(inode, sk.peer)
    return mask | (WRITABLE if unix_writable(inode) and not full else 0)


def is_full_for(inode: Inode, other: Inode | None) -> bool:
    """Say whether datagrams from one socket to another have to wait. The name is vmlab's.

    Source: net/unix/af_unix.c: unix_dgram_sendmsg(), unix_dgram_poll() [v6.18].
    """
    if other is None:
        return False
    sk = sock_of(other)
    return sk.peer is not inode and unix_recvq_full(sk)


def unix_inq_len(inode: Inode) -> int:
    """Return how many bytes there are to read; of datagrams those of the first.

    Source: net/unix/af_unix.c: unix_inq_len() [v6.18].
    """
    sk = sock_of(inode)
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
    sk = sock_of(inode)
    inode.i_private = sk._replace(shutdown=sk.shutdown | mode)
    wake_up_poll(system, inode, ANY_KEY)
    if sk.peer is not None and sk.type != SOCK_DGRAM:
        other = sock_of(sk.peer)
        swapped = (mode & 1) << 1 | mode >> 1
        sk.peer.i_private = other._replace(shutdown=other.shutdown | swapped)
        wake_up_poll(system, sk.peer, ANY_KEY)


def unix_release_sock(system: System, inode: Inode) -> list[File]:
    """Let a socket go; return the open files that were sent to it and nobody took.

    Connections that wait to be accepted go with it.

    Emits: ep_ready, inode_free.
    Source: net/unix/af_unix.c: unix_release_sock() [v6.18].
    """
    sk, sent = sock_of(inode), files_sent(inode)
    listens = sk.state == SkState.TCP_LISTEN
    inode.i_private = None
    for skb in sk.queue:
        if listens:
            sent += _release_embryo(system, skb.owner)
        else:
            sock_wfree(system, skb)
    for peer, other in all_socks(system, (AF_UNIX,)):
        if other.peer is not inode:
            continue
        if sk.type != SOCK_DGRAM:
            err = errno.ECONNRESET if sk.queue else other.err
            other = other._replace(shutdown=SHUTDOWN_MASK, err=err)
        peer.i_private = other._replace(peer=None)
        wake_up_poll(system, peer, ANY_KEY)
    return sent


def _release_embryo(system: System, embryo: Inode) -> list[File]:
    # Who connected is told that there is nobody.
    peer = sock_of(embryo).peer
    sent = unix_release_sock(system, embryo)
    if peer is not None:
        sock_set(peer, err=errno.ECONNRESET)
    iput(system, embryo)
    return sent
