"""Streams of the Internet: sending and receiving."""

from __future__ import annotations

from functools import partial

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.signal import SIGPIPE
from vmlab.model.abi.socket import (
    MSG_NOSIGNAL,
    MSG_OOB,
    MSG_PEEK,
    MSG_TRUNC,
    MSG_WAITALL,
)
from vmlab.model.linux.include.sock import (
    RCV_SHUTDOWN,
    SEND_SHUTDOWN,
    Received,
    SkBuff,
    SkFlag,
    SkState,
)
from vmlab.model.linux.include.structs import File, Inode, TaskStruct
from vmlab.model.linux.kernel.signal import send_sig
from vmlab.model.linux.lib.iov_iter import (
    IovIter,
    copy_from_iter,
    copy_to_iter,
    iov_iter_advance,
    iter_iov_addr,
)
from vmlab.model.linux.net.core.sock import (
    skb_pull,
    skb_queue_tail,
    sock_error,
    sock_of,
    sock_set,
)
from vmlab.model.linux.net.core.stream import DATA, ROOM, stream_wait
from vmlab.model.linux.net.ipv4.inet_sock import tcp_reset
from vmlab.model.trace.decorators import traced

_SEGMENT = 1 << 15  # bytes that travel together
_SENDING = (SkState.TCP_ESTABLISHED, SkState.TCP_CLOSE_WAIT)


@traced
def tcp_sendmsg(task: TaskStruct, file: File, from_: IovIter, flags: int) -> int:
    """Send bytes to the other end; return how many it took.

    A call of machine code that sleeps goes on where it was. If the other end is closed, the bytes
    are taken, and the next call fails.

    Args:
        task: the caller.
        file: the socket.
        from_: where the bytes are.
        flags: MSG_* bits.

    Raises:
        LinuxError: EPIPE if it is not connected or has ended, with SIGPIPE but for MSG_NOSIGNAL;
            ECONNRESET; EOPNOTSUPP for MSG_OOB; EFAULT; EAGAIN if there is no room, and it shall
            not sleep.
        Sleeps: there is no room.

    Emits: signal_send, copy_from_user, ep_ready.
    Source: net/ipv4/tcp.c: tcp_sendmsg_locked() [v6.18].
    Left out: MSG_OOB, and windows: the other end has room for what `sndbuf` lets this one send.
    """
    inode = file.f_inode
    if flags & MSG_OOB:
        raise LinuxError(errno.EOPNOTSUPP, "no_urgent_bytes")
    done, task.written = task.written, 0
    iov_iter_advance(from_, done)
    while True:
        sk = sock_of(inode)
        if sk.state not in _SENDING or sk.err or sk.shutdown & SEND_SHUTDOWN:
            if done:
                return done
            _sk_stream_error(task, inode, flags)
        if not from_.count:
            return done
        if sk.wmem_alloc >= sk.sndbuf:
            return stream_wait(task, file, flags, done, ROOM, partial(_may_send, inode))
        size = min(from_.count, _SEGMENT)
        addr = iter_iov_addr(from_)
        data = copy_from_iter(task.system, from_, size)
        if len(data) < size:
            if done:
                return done
            raise LinuxError(errno.EFAULT, "nothing_read", addr=addr)
        iov_iter_advance(from_, size)
        done += size
        if sk.peer is None or (sock_of(sk.peer).shutdown & RCV_SHUTDOWN and _has_ended(sk.peer)):
            tcp_reset(task.system, sk.peer)
            tcp_reset(task.system, inode)
            continue
        skb_queue_tail(task.system, sk.peer, SkBuff(data, size, owner=inode))


def _has_ended(inode: Inode) -> bool:
    return sock_of(inode).state == SkState.TCP_FIN_WAIT2


def _sk_stream_error(task: TaskStruct, inode: Inode, flags: int) -> None:
    # Source: net/core/stream.c: sk_stream_error() [v6.18].
    err = sock_of(inode).err or errno.EPIPE
    sock_set(inode, err=0)
    if err == errno.EPIPE and not flags & MSG_NOSIGNAL:
        send_sig(task, SIGPIPE)
    raise LinuxError(err, "socket_without_reader")


def _may_send(inode: Inode) -> bool:
    sk = sock_of(inode)
    ended = sk.err or sk.shutdown & SEND_SHUTDOWN or sk.state not in _SENDING
    return bool(ended) or sk.wmem_alloc < sk.sndbuf


@traced
def tcp_recvmsg(task: TaskStruct, file: File, to: IovIter, flags: int) -> Received:
    """Take bytes that the other end sent.

    Args:
        task: the caller.
        file: the socket.
        to: where they go.
        flags: MSG_PEEK leaves them; MSG_WAITALL sleeps until there is no room any more; MSG_TRUNC
            drops them.

    Raises:
        LinuxError: ENOTCONN if it was never connected, or listens; EINVAL for MSG_OOB; ECONNRESET
            once; EFAULT; EAGAIN if there is nothing, and it shall not sleep.
        Sleeps: there is nothing, or not enough.

    Emits: copy_to_user, ep_ready.
    Source: net/ipv4/tcp.c: tcp_recvmsg_locked() [v6.18].
    """
    inode = file.f_inode
    if sock_of(inode).state == SkState.TCP_LISTEN:
        raise LinuxError(errno.ENOTCONN, "socket_without_peer")
    if flags & MSG_OOB:
        raise LinuxError(errno.EINVAL, "no_urgent_bytes")
    done, task.written = task.written, 0
    iov_iter_advance(to, done)
    target = max(done + to.count if flags & MSG_WAITALL else min(1, to.count), 1)
    place = 0  # in the queue: only a look leaves what it has seen
    while True:
        queue = sock_of(inode).queue
        if place < len(queue) and to.count:
            count = _copy(task, queue[place], to, flags, done)
            if not count:
                return Received(done)
            done += count
            place += bool(flags & MSG_PEEK)
            if not flags & MSG_PEEK:
                skb_pull(task.system, inode, count)
            continue
        if done >= target or not to.count or place or _is_at_end(inode, done):
            return Received(done)
        more = partial(_may_receive, inode)
        return Received(stream_wait(task, file, flags, done, DATA, more))


def _copy(task: TaskStruct, skb: SkBuff, to: IovIter, flags: int, done: int) -> int:
    data = skb.data[: to.count]
    if flags & MSG_TRUNC:
        iov_iter_advance(to, len(data))
        return len(data)
    addr = iter_iov_addr(to)
    if copy_to_iter(task.system, data, to) < len(data):
        if done:
            return 0
        raise LinuxError(errno.EFAULT, "nothing_stored", addr=addr)
    return len(data)


def _is_at_end(inode: Inode, done: int) -> bool:
    # Nothing more will come; without anything so far, it may fail.
    sk = sock_of(inode)
    if done:
        return bool(sk.err or sk.state == SkState.TCP_CLOSE or sk.shutdown & RCV_SHUTDOWN)
    if sk.flags & SkFlag.SOCK_DONE and not sk.err:
        return True
    sock_error(inode)
    if sk.shutdown & RCV_SHUTDOWN:
        return True
    if sk.state == SkState.TCP_CLOSE:
        raise LinuxError(errno.ENOTCONN, "socket_without_peer")
    return False


def _may_receive(inode: Inode) -> bool:
    sk = sock_of(inode)
    ended = sk.err or sk.shutdown & RCV_SHUTDOWN or sk.state == SkState.TCP_CLOSE
    return bool(sk.queue or ended)
