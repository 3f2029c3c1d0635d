"""The state of a socket, and who is told when it changes: the half that closing a file calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vmlab.errors import LinuxError, Sleeps
from vmlab.model.abi import errno
from vmlab.model.abi.fcntl import O_NONBLOCK
from vmlab.model.abi.poll import (
    POLLIN,
    POLLOUT,
    POLLPRI,
    POLLRDBAND,
    POLLRDNORM,
    POLLWRBAND,
    POLLWRNORM,
)
from vmlab.model.linux.fs.eventpoll_wake import wake_up_poll
from vmlab.model.linux.fs.inode import alloc_inode
from vmlab.model.linux.include.fs import DEV_SOCKFS, S_IFSOCK
from vmlab.model.linux.include.sock import SkBuff, SkState, Sock
from vmlab.model.linux.include.structs import File, Inode, System
from vmlab.model.mmu.page import page_align

READABLE = POLLIN | POLLPRI | POLLRDNORM | POLLRDBAND
WRITABLE = POLLOUT | POLLWRNORM | POLLWRBAND
_SKB_OVERHEAD = 256  # bytes of a struct sk_buff
SKB_SHARED_INFO = 320  # bytes of a struct skb_shared_info
_SMALLEST_HEAD = 512  # bytes


def sock_alloc(system: System, sk: Sock) -> Inode:
    """Make the inode of a socket, which no file has open yet.

    Emits: inode_create.
    Source: net/socket.c: sock_alloc() [v6.18].
    """
    inode = alloc_inode(system, S_IFSOCK, f"socket:[{system.next_ino}]", DEV_SOCKFS)
    inode.i_nlink = 0
    inode.noexec = True
    inode.i_private = sk
    return inode


def sock_of(inode: Inode) -> Sock:
    """Return the socket of an inode.

    Source: include/net/sock.h: SOCKET_I() [v6.18].
    """
    assert isinstance(inode.i_private, Sock)
    return inode.i_private


def sock_set(inode: Inode, **fields: Any) -> Sock:
    """Change fields of a socket; return it. The name is vmlab's.

    Source: include/net/sock.h: struct sock [v6.18].
    """
    sk = inode.i_private = sock_of(inode)._replace(**fields)
    return sk


def all_socks(system: System, families: tuple[int, ...] = ()) -> list[tuple[Inode, Sock]]:
    """Return the sockets of some families, or all, in order of creation. The name is vmlab's.

    Source: include/net/netns/unix.h: struct unix_table [v6.18]; include/net/inet_hashtables.h:
        struct inet_hashinfo [v6.18].
    """
    found = ((inode, inode.i_private) for inode in system.inodes.values())
    socks = [(inode, sk) for inode, sk in found if isinstance(sk, Sock)]
    return [(inode, sk) for inode, sk in socks if not families or sk.family in families]


def sk_wmem_alloc_get(inode: Inode) -> int:
    """Return how much memory that takes which a socket sent and nobody has read yet, in bytes.

    Source: include/net/sock.h: sk_wmem_alloc_get() [v6.18].
    """
    return sock_of(inode).wmem_alloc


def sock_writeable(inode: Inode) -> bool:
    """Say whether half of what a socket may send is free.

    Source: include/net/sock.h: sock_writeable() [v6.18].
    """
    sk = sock_of(inode)
    return sk.wmem_alloc < sk.sndbuf >> 1


def unix_writable(inode: Inode) -> bool:
    """Say whether three quarters of what a socket may send are free.

    Source: net/unix/af_unix.c: unix_writable() [v6.18].
    """
    sk = sock_of(inode)
    return (sk.wmem_alloc + 1) << 2 <= sk.sndbuf


def truesize(linear: int, paged: int) -> int:
    """Return the memory that something takes which is sent.

    Args:
        linear: bytes that stand beside its header.
        paged: bytes that stand in pages of their own.

    Source: net/core/skbuff.c: alloc_skb_with_frags(), kmalloc_reserve() [v6.18].
    """
    head = max(1 << (linear + SKB_SHARED_INFO - 1).bit_length(), _SMALLEST_HEAD)
    return _SKB_OVERHEAD + head + page_align(paged)


def skb_queue_tail(system: System, inode: Inode, skb: SkBuff) -> None:
    """Give a socket something to read.

    Emits: ep_ready.
    Source: net/core/skbuff.c: skb_queue_tail() [v6.18]; net/core/sock.c: skb_set_owner_w(),
        sock_def_readable() [v6.18].
    """
    if isinstance(skb.owner.i_private, Sock):
        sock_set(skb.owner, wmem_alloc=sock_of(skb.owner).wmem_alloc + skb.truesize)
    sock_set(inode, queue=(*sock_of(inode).queue, skb))
    wake_up_poll(system, inode, READABLE)


def consume_skb(system: System, inode: Inode) -> None:
    """Take the first thing that was sent to a socket away.

    Emits: ep_ready.
    Source: net/core/skbuff.c: consume_skb() [v6.18]; net/core/sock.c: sock_wfree() [v6.18].
    """
    first, *rest = sock_of(inode).queue
    sock_set(inode, queue=tuple(rest))
    sock_wfree(system, first)


def skb_pull(system: System, inode: Inode, count: int) -> None:
    """Take bytes off the first thing that was sent to a socket, and all that came with it.

    Args:
        system: the system.
        inode: the socket.
        count: bytes.

    Emits: ep_ready.
    Source: net/core/skbuff.c: skb_pull() [v6.18].
    """
    first, *rest = sock_of(inode).queue
    if count == len(first.data):
        consume_skb(system, inode)
    else:
        sock_set(inode, queue=(first._replace(data=first.data[count:], files=()), *rest))


def sock_wfree(system: System, skb: SkBuff) -> None:
    """Let who sent something send more.

    Emits: ep_ready.
    Source: net/core/sock.c: sock_wfree() [v6.18]; net/unix/af_unix.c: unix_write_space() [v6.18].
    """
    if skb.owner is not None and isinstance(skb.owner.i_private, Sock):
        sock_set(skb.owner, wmem_alloc=sock_of(skb.owner).wmem_alloc - skb.truesize)
        if unix_writable(skb.owner):
            wake_up_poll(system, skb.owner, WRITABLE)


def accept_queued(file: File, until: Callable[[], bool]) -> Inode:
    """Take the connection that has waited longest; return its new socket. The name is vmlab's.

    Args:
        file: the socket that listens.
        until: says whether it is worth while to look again.

    Raises:
        LinuxError: EINVAL if it does not listen; EAGAIN if there is none, with O_NONBLOCK.
        Sleeps: there is none.

    Source: net/ipv4/inet_connection_sock.c: reqsk_queue_remove() [v6.18].
    """
    inode = file.f_inode
    sk = sock_of(inode)
    if sk.state != SkState.TCP_LISTEN:
        raise LinuxError(errno.EINVAL, "socket_does_not_listen")
    if not sk.queue:
        if file.f_flags & O_NONBLOCK:
            raise LinuxError(errno.EAGAIN, "no_connection_now")
        raise Sleeps(until, "no_connection")
    made: Inode = sk.queue[0].owner
    sock_set(inode, queue=sk.queue[1:])
    return made


def sock_error(inode: Inode) -> None:
    """Tell the error of a socket, if it has one, which is told once.

    Raises:
        LinuxError: it.

    Source: include/net/sock.h: sock_error() [v6.18].
    """
    err = sock_of(inode).err
    if err:
        sock_set(inode, err=0)
        closed = err == errno.ECONNRESET
        raise LinuxError(err, "socket_peer_left_unread" if closed else "socket_error_told")


def waiting_connections(system: System) -> set[Inode]:
    """Return the sockets that no file has open yet, for nobody accepted them. The name is vmlab's.

    Source: net/unix/af_unix.c: unix_stream_connect() [v6.18].
    """
    listen = (sk for _, sk in all_socks(system) if sk.state == SkState.TCP_LISTEN)
    return {skb.owner for sk in listen for skb in sk.queue}


def files_sent(inode: Inode) -> list[File]:
    """Return the open files that were sent to a socket and that nobody took yet; none for others.

    Source: net/unix/garbage.c: unix_add_edges() [v6.18].
    """
    sk = inode.i_private
    return [file for skb in sk.queue for file in skb.files] if isinstance(sk, Sock) else []
