"""Sockets between processes of one machine: sending and receiving."""

from __future__ import annotations

from functools import partial

from vmlab.errors import LinuxError, Sleeps
from vmlab.model.abi import errno
from vmlab.model.abi.fcntl import O_NONBLOCK
from vmlab.model.abi.signal import SIGPIPE
from vmlab.model.abi.socket import (
    MSG_DONTWAIT,
    MSG_NOSIGNAL,
    MSG_OOB,
    MSG_PEEK,
    MSG_WAITALL,
    SOCK_SEQPACKET,
)
from vmlab.model.linux.include.sock import (
    RCV_SHUTDOWN,
    SEND_SHUTDOWN,
    Received,
    SkBuff,
    SkState,
    Sock,
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
from vmlab.model.linux.net.core.datagram import receive_datagram
from vmlab.model.linux.net.core.scm import scm_fp_dup
from vmlab.model.linux.net.core.sock import (
    SKB_SHARED_INFO,
    sk_wmem_alloc_get,
    skb_pull,
    skb_queue_tail,
    sock_error,
    sock_of,
    sock_set,
    truesize,
    unix_writable,
)
from vmlab.model.linux.net.core.stream import DATA, ROOM, stream_wait
from vmlab.model.linux.net.unix.find import check_name, unix_find_other, unix_may_send
from vmlab.model.linux.net.unix.sock import is_full_for
from vmlab.model.mmu.page import PAGE_SIZE, page_align
from vmlab.model.trace.decorators import traced

_SKB_MAX_HEAD = PAGE_SIZE - SKB_SHARED_INFO  # SKB_MAX_HEAD(0)
_SKB_MAX_ALLOC = 4 * PAGE_SIZE - SKB_SHARED_INFO
_UNIX_SKB_FRAGS_SZ = 8 * PAGE_SIZE
_MAX_SKB_FRAGS = 17


@traced
def unix_stream_sendmsg(
    task: TaskStruct,
    file: File,
    from_: IovIter,
    flags: int,
    files: tuple[File, ...],
    name: bytes = b"",
) -> int:
    """Send bytes to the other end; return how many it took.

    A call of machine code that sleeps goes on where it was.

    Args:
        task: the caller.
        file: the socket.
        from_: where the bytes are.
        flags: MSG_* bits.
        files: open files that go along with the first of them; they are held for that.
        name: to whom, which cannot be chosen.

    Raises:
        LinuxError: EOPNOTSUPP for MSG_OOB, and a name; EISCONN for one; ENOTCONN; EPIPE if nobody
            could read it, with SIGPIPE but for MSG_NOSIGNAL; EFAULT; EAGAIN if there is no room,
            and it shall not sleep.
        Sleeps: there is no room.

    Emits: signal_send, copy_from_user, ep_ready.
    Source: net/unix/af_unix.c: unix_stream_sendmsg() [v6.18].
    Left out: MSG_OOB.
    """
    inode = file.f_inode
    sk = sock_of(inode)
    if flags & MSG_OOB:
        raise LinuxError(errno.EOPNOTSUPP, "no_urgent_bytes")
    if name:
        code = errno.EISCONN if sk.connected else errno.EOPNOTSUPP
        raise LinuxError(code, "stream_sent_to_name")
    if not sk.connected:
        raise LinuxError(errno.ENOTCONN, "socket_without_peer")
    done, task.written = task.written, 0
    iov_iter_advance(from_, done)
    while (broken := _is_broken(inode)) or from_.count:
        if broken:
            if done:
                return done
            if not flags & MSG_NOSIGNAL:
                send_sig(task, SIGPIPE)
            raise LinuxError(errno.EPIPE, "socket_without_reader")
        size = min(from_.count, (sk.sndbuf >> 1) - 64, _SKB_MAX_HEAD + _UNIX_SKB_FRAGS_SZ)
        paged = min(size, page_align(max(0, size - _SKB_MAX_HEAD)))
        if sk_wmem_alloc_get(inode) >= sk.sndbuf:
            return _wait_for_room(task, file, flags, done)
        addr = iter_iov_addr(from_)
        data = copy_from_iter(task.system, from_, size)
        if len(data) < size:
            if done:
                return done
            raise LinuxError(errno.EFAULT, "nothing_read", addr=addr)
        iov_iter_advance(from_, size)
        assert sk.peer is not None
        held = scm_fp_dup(files) if not done else ()
        taken = truesize(size - paged, paged)
        skb_queue_tail(task.system, sk.peer, SkBuff(data, taken, held, sk.name, inode))
        done += size
    return done


def _is_broken(inode: Inode) -> bool:
    # Nothing that is sent could be read.
    sk = sock_of(inode)
    deaf = sk.peer is None or bool(sock_of(sk.peer).shutdown & RCV_SHUTDOWN)
    return bool(sk.shutdown & SEND_SHUTDOWN) or deaf


def _wait_for_room(task: TaskStruct, file: File, flags: int, done: int) -> int:
    inode = file.f_inode

    def has_room() -> bool:
        return unix_writable(inode) or _is_broken(inode)

    return stream_wait(task, file, flags, done, ROOM, has_room)


@traced
def unix_dgram_sendmsg(
    task: TaskStruct,
    file: File,
    from_: IovIter,
    flags: int,
    files: tuple[File, ...],
    name: bytes = b"",
) -> int:
    """Send something as a whole; return its bytes.

    Args:
        task: the caller.
        file: the socket.
        from_: where the bytes are.
        flags: MSG_* bits.
        files: open files that go along with them; they are held for that.
        name: to whom, a struct sockaddr_un; empty = to the other end. A seqpacket has no choice.

    Raises:
        LinuxError: EOPNOTSUPP for MSG_OOB; ENOTCONN; EMSGSIZE for more than the socket may send;
            EFAULT; EPIPE if nobody could read it, ECONNREFUSED for datagrams if there is no other
            end any more; EPERM if it takes them from another only; EPROTOTYPE if it is of another
            type; what a path raises; EAGAIN if there is no room, and it shall not sleep.
        Sleeps: there is no room.

    Emits: copy_from_user, ep_ready.
    Source: net/unix/af_unix.c: unix_dgram_sendmsg(), unix_seqpacket_sendmsg() [v6.18].
    """
    inode, size = file.f_inode, from_.count
    sk = sock_of(inode)
    if sk.type == SOCK_SEQPACKET:
        sock_error(inode)
        name = b""
    if flags & MSG_OOB:
        raise LinuxError(errno.EOPNOTSUPP, "no_urgent_bytes")
    if name:
        check_name(name)
    elif not sk.connected:
        raise LinuxError(errno.ENOTCONN, "socket_without_peer")
    if size > sk.sndbuf - 32:
        raise LinuxError(errno.EMSGSIZE, "message_too_long", nr_bytes=size)
    if sk.shutdown & SEND_SHUTDOWN:
        raise LinuxError(errno.EPIPE, "socket_without_reader")
    if sk_wmem_alloc_get(inode) >= sk.sndbuf:
        return _wait_for_room(task, file, flags, 0)
    data = copy_from_iter(task.system, from_, size)
    if len(data) < size:
        raise LinuxError(errno.EFAULT, "nothing_read", addr=iter_iov_addr(from_))
    other = unix_find_other(task, name, sk.type) if name else sk.peer
    if other is None:  # a seqpacket is shut down by then
        sock_set(inode, state=SkState.TCP_CLOSE)
        raise LinuxError(errno.ECONNREFUSED, "socket_peer_closed")
    if not unix_may_send(inode, other):
        raise LinuxError(errno.EPERM, "peer_has_other_peer")
    if sock_of(other).shutdown & RCV_SHUTDOWN:
        raise LinuxError(errno.EPIPE, "socket_without_reader")
    if is_full_for(inode, other):
        _wait_for_receiver(file, flags, other)
    above = max(0, size - _SKB_MAX_ALLOC)
    paged = page_align(min(above, _MAX_SKB_FRAGS * PAGE_SIZE))
    skb = SkBuff(data, truesize(size - paged, paged), scm_fp_dup(files), sk.name, inode)
    skb_queue_tail(task.system, other, skb)
    return size


def _wait_for_receiver(file: File, flags: int, other: Inode) -> None:
    if file.f_flags & O_NONBLOCK or flags & MSG_DONTWAIT:
        raise LinuxError(errno.EAGAIN, "socket_full_now")

    def ready() -> bool:
        return not isinstance(other.i_private, Sock) or not is_full_for(file.f_inode, other)

    raise Sleeps(ready, "socket_full")


@traced
def unix_stream_recvmsg(task: TaskStruct, file: File, to: IovIter, flags: int) -> Received:
    """Take bytes that the other end sent, up to those that open files came with.

    Args:
        task: the caller.
        file: the socket.
        to: where they go.
        flags: MSG_PEEK leaves them; MSG_WAITALL sleeps until there is no room any more.

    Raises:
        LinuxError: EINVAL if it was never connected, and for MSG_OOB; EFAULT; ECONNRESET once if
            the other end was closed before it had read all; EAGAIN if there is nothing, and it
            shall not sleep.
        Sleeps: there is nothing, or not enough.

    Emits: copy_to_user, ep_ready.
    Source: net/unix/af_unix.c: unix_stream_read_generic() [v6.18].
    """
    inode = file.f_inode
    if sock_of(inode).state != SkState.TCP_ESTABLISHED or flags & MSG_OOB:
        raise LinuxError(errno.EINVAL, "socket_without_peer")
    done, task.written = task.written, 0
    iov_iter_advance(to, done)
    name = b""  # of who sent the last of them
    target = max(done + to.count if flags & MSG_WAITALL else min(1, to.count), 1)
    place = 0  # in the queue: only a look leaves what it has seen
    while True:
        queue = sock_of(inode).queue
        if place >= len(queue):
            if done >= target or (place and flags & MSG_PEEK):
                return Received(done, name=name)
            if (found := _nothing_to_read(task, file, flags, done)) is not None:
                return Received(found, name=name)
        skb = queue[place]
        data = skb.data[: to.count]
        addr = iter_iov_addr(to) if data else 0
        if data and copy_to_iter(task.system, data, to) < len(data):
            if done:
                return Received(done)
            raise LinuxError(errno.EFAULT, "nothing_stored", addr=addr)
        done, name = done + len(data), skb.name
        if flags & MSG_PEEK:
            place += 1
            taken = skb.files and scm_fp_dup(skb.files)
        else:
            taken = skb.files
            skb_pull(task.system, inode, len(data))
        if taken or len(data) < len(skb.data) or not to.count:
            return Received(done, 0, taken, name)


def _nothing_to_read(task: TaskStruct, file: File, flags: int, done: int) -> int | None:
    inode = file.f_inode
    if not done:
        sock_error(inode)
    if sock_of(inode).shutdown & RCV_SHUTDOWN:
        return done
    return stream_wait(task, file, flags, done, DATA, partial(_may_receive, inode))


def _may_receive(inode: Inode) -> bool:
    sk = sock_of(inode)
    return bool(sk.queue or sk.err or sk.shutdown & RCV_SHUTDOWN)


@traced
def unix_dgram_recvmsg(task: TaskStruct, file: File, to: IovIter, flags: int) -> Received:
    """Take the first thing that was sent; what there is no room for is lost.

    Args:
        task: the caller.
        file: the socket.
        to: where it goes.
        flags: MSG_PEEK leaves it; MSG_TRUNC answers how long it is.

    Raises:
        LinuxError: ENOTCONN; EOPNOTSUPP for MSG_OOB; ECONNRESET once if the other end was closed
            before it had read all; EFAULT, when it is lost; EAGAIN if there is nothing, and it
            shall not sleep.
        Sleeps: there is nothing.

    Emits: copy_to_user, ep_ready.
    Source: net/unix/af_unix.c: __unix_dgram_recvmsg(), unix_seqpacket_recvmsg() [v6.18].
    """
    inode = file.f_inode
    sk = sock_of(inode)
    if sk.type == SOCK_SEQPACKET and not sk.connected:
        raise LinuxError(errno.ENOTCONN, "socket_without_peer")
    if flags & MSG_OOB:
        raise LinuxError(errno.EOPNOTSUPP, "no_urgent_bytes")
    sock_error(inode)
    if not sk.queue:
        waits = not (file.f_flags & O_NONBLOCK or flags & MSG_DONTWAIT)
        if sk.shutdown & RCV_SHUTDOWN and (waits or sk.type == SOCK_SEQPACKET):
            return Received(0)
        stream_wait(task, file, flags, 0, DATA, partial(_may_receive, inode))
    return receive_datagram(task, inode, to, flags)
