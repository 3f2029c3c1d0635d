"""Sending and receiving by way of a socket, of whatever family: bytes, names, open files."""

from __future__ import annotations

import struct

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.socket import MSG_CMSG_CLOEXEC, MSG_CTRUNC
from vmlab.model.linux.include.sock import Received
from vmlab.model.linux.include.structs import File, TaskStruct
from vmlab.model.linux.lib.iov_iter import IovIter, import_iovec, import_ubuf
from vmlab.model.linux.lib.usercopy import load_from_user, store_number
from vmlab.model.linux.net.core.scm import drop_files, scm_detach_fds, scm_send
from vmlab.model.linux.net.core.sock import sock_of
from vmlab.model.linux.net.names import move_addr_to_kernel, move_addr_to_user
from vmlab.model.linux.net.proto_ops import ops_of
from vmlab.model.linux.net.socket import sockfd_lookup
from vmlab.model.linux.net.timeouts import in_time
from vmlab.model.trace.decorators import traced

_INT, _LONG = 4, 8  # bytes
_SOCKADDR_STORAGE = 128
_MSGHDR = struct.Struct("<Qi4xQQQQI4x")
_MAXIOV = 1024
_Name = tuple[int, int]  # where the name of a socket stands, bytes


def sock_sendmsg(
    task: TaskStruct,
    file: File,
    from_: IovIter,
    flags: int,
    files: tuple[File, ...] = (),
    name: bytes = b"",
) -> int:
    """Send, as the family and the type of the socket have it; return how many bytes it took.

    Args:
        task: the caller.
        file: the socket.
        from_: where the bytes are.
        flags: MSG_* bits.
        files: open files that go along.
        name: to whom; empty = to the other end.

    Raises:
        LinuxError: what sending raises; EAGAIN when the time of SO_SNDTIMEO is over.
        Sleeps: there is no room.

    Emits: hrtimer_start.
    Source: net/socket.c: sock_sendmsg() [v6.18].
    """
    sk = sock_of(file.f_inode)
    send = ops_of(sk).sendmsg
    return in_time(task, sk.sndtimeo, lambda: send(task, file, from_, flags, files, name))


def _recvmsg(task: TaskStruct, file: File, to: IovIter, flags: int) -> Received:
    # Source: net/socket.c: sock_recvmsg() [v6.18].
    sk = sock_of(file.f_inode)
    return in_time(task, sk.rcvtimeo, lambda: ops_of(sk).recvmsg(task, file, to, flags))


@traced
def do_sendto(task: TaskStruct, fd: int, buf: int, count: int, flags: int, name: _Name) -> int:
    """Send bytes; return how many it took.

    Args:
        task: the caller.
        fd: descriptor.
        buf: bytes: where they are.
        count: bytes.
        flags: MSG_* bits.
        name: bytes: where it stands to whom, and how long that is; 0 = to the other end.

    Raises:
        LinuxError: EFAULT; EBADF; ENOTSOCK; EINVAL for a name that cannot be; EISCONN for a name
            where there is another end; and what sending raises.

    Emits: copy_from_user, ep_ready, signal_send.
    Source: net/socket.c: __sys_sendto() [v6.18].
    """
    from_ = import_ubuf(task, buf, count)
    file = sockfd_lookup(task, fd)
    addr, size = name
    to = move_addr_to_kernel(task, addr, size) if addr else b""
    return sock_sendmsg(task, file, from_, flags, name=to)


@traced
def do_recvfrom(task: TaskStruct, fd: int, buf: int, count: int, flags: int, name: _Name) -> int:
    """Receive bytes; return how many came.

    Args:
        task: the caller.
        fd: descriptor.
        buf: bytes: where they go.
        count: bytes.
        flags: MSG_* bits.
        name: bytes: where it is stored from whom, and where the room there stands, an int that
            becomes the length, 0 = who sent has no name; 0 = nowhere.

    Raises:
        LinuxError: EFAULT; EBADF; ENOTSOCK; and what receiving raises.

    Emits: copy_to_user, copy_from_user, ep_ready.
    Source: net/socket.c: __sys_recvfrom() [v6.18].
    """
    to = import_ubuf(task, buf, count)
    found = _recvmsg(task, sockfd_lookup(task, fd), to, flags)
    drop_files(task, found.files)
    addr, size = name
    if addr:
        move_addr_to_user(task, addr, size, found.name)
    return found.size


def sock_read_iter(task: TaskStruct, file: File, to: IovIter) -> int:
    """Read from a socket; open files that come along are closed. Return how many bytes came.

    Raises:
        LinuxError: what receiving raises.

    Emits: copy_to_user, ep_ready.
    Source: net/socket.c: sock_read_iter() [v6.18].
    """
    if not to.count:
        return 0
    found = _recvmsg(task, file, to, 0)
    drop_files(task, found.files)
    return found.size


@traced
def do_sendmsg(task: TaskStruct, fd: int, msg: int, flags: int) -> int:
    """Send pieces of memory, and open files along with them; return how many bytes it took.

    Args:
        task: the caller.
        fd: descriptor.
        msg: bytes: where the struct msghdr is.
        flags: MSG_* bits.

    Raises:
        LinuxError: EBADF; ENOTSOCK; EFAULT; EMSGSIZE for more than 1024 pieces; EINVAL for lengths
            that cannot be, and for what else could go along; and what sending raises.

    Emits: copy_from_user, ep_ready, signal_send.
    Source: net/socket.c: __sys_sendmsg(), ____sys_sendmsg() [v6.18].
    """
    file = sockfd_lookup(task, fd)
    name, size, iov, nr_segs, control, length, _ = _load_msghdr(task, msg)
    from_ = import_iovec(task, iov, nr_segs)
    files = scm_send(task, load_from_user(task, control, length)) if length else ()
    to = move_addr_to_kernel(task, name, min(size, _SOCKADDR_STORAGE)) if name else b""
    return sock_sendmsg(task, file, from_, flags, files, to)


def _load_msghdr(task: TaskStruct, msg: int) -> tuple[int, ...]:
    # Source: net/socket.c: copy_msghdr_from_user(), __copy_msghdr() [v6.18].
    head: tuple[int, ...] = _MSGHDR.unpack(load_from_user(task, msg, _MSGHDR.size))
    if head[0] and head[1] < 0:
        raise LinuxError(errno.EINVAL, "socket_name_length", nr_bytes=head[1])
    if head[3] > _MAXIOV:
        raise LinuxError(errno.EMSGSIZE, "too_many_pieces", nr=head[3])
    return head


@traced
def do_recvmsg(task: TaskStruct, fd: int, msg: int, flags: int) -> int:
    """Receive into pieces of memory, and open files that came along; return how many bytes came.

    Args:
        task: the caller.
        fd: descriptor.
        msg: bytes: where the struct msghdr is, in which it is told what came.
        flags: MSG_* bits.

    Raises:
        LinuxError: EBADF; ENOTSOCK; EFAULT; EMSGSIZE for more than 1024 pieces; EINVAL for lengths
            that cannot be; and what receiving raises.

    Emits: copy_from_user, copy_to_user, fd_install, ep_ready.
    Source: net/socket.c: __sys_recvmsg(), ____sys_recvmsg() [v6.18].
    """
    file = sockfd_lookup(task, fd)
    name, _, iov, nr_segs, control, room, _ = _load_msghdr(task, msg)
    found = _recvmsg(task, file, import_iovec(task, iov, nr_segs), flags)
    told = flags & MSG_CMSG_CLOEXEC | found.flags
    used = 0
    if found.files:
        used, cut = scm_detach_fds(task, found.files, control, room, bool(flags & MSG_CMSG_CLOEXEC))
        told |= MSG_CTRUNC if cut else 0
    if name:
        move_addr_to_user(task, name, msg + _LONG, found.name)
    store_number(task, msg + 6 * _LONG, told, _INT)
    store_number(task, msg + 5 * _LONG, used, _LONG)
    return found.size
