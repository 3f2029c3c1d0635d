"""The calls on sockets between processes of one machine."""

from __future__ import annotations

from vmlab.model.linux.net import socket
from vmlab.model.user_mode import UserMode


class SocketCalls(UserMode):
    """Making sockets, sending and receiving.

    Where Linux would sleep, they answer EAGAIN to who calls from Python.
    """

    def socket(self, domain: int, type: int, protocol: int = 0) -> int:
        """Make a socket that is connected to nothing; see socket(2).

        Args:
            domain: AF_UNIX.
            type: SOCK_STREAM, SOCK_DGRAM or SOCK_SEQPACKET, with SOCK_NONBLOCK, SOCK_CLOEXEC.
            protocol: 0.

        Returns:
            The descriptor.

        Raises:
            LinuxError: EINVAL for other flags; EAFNOSUPPORT, EPROTONOSUPPORT, ESOCKTNOSUPPORT for
                another family, protocol or type; EMFILE.

        Source: net/socket.c: SYSCALL_DEFINE3(socket) [v6.18].
        """
        return self._syscall(
            "socket", (domain, type, protocol), lambda *args: socket.do_socket(self.task, *args)
        )

    def socketpair(self, domain: int, type: int, protocol: int = 0) -> tuple[int, int]:
        """Make two sockets that are connected to each other; see socketpair(2).

        Args:
            domain: AF_UNIX.
            type: SOCK_STREAM, SOCK_DGRAM or SOCK_SEQPACKET, with SOCK_NONBLOCK, SOCK_CLOEXEC.
            protocol: 0.

        Returns:
            Both descriptors.

        Raises:
            LinuxError: as `socket`.

        Source: net/socket.c: SYSCALL_DEFINE4(socketpair) [v6.18].
        """
        return self._syscall(
            "socketpair",
            (domain, type, protocol),
            lambda *args: socket.do_socketpair(self.task, *args),
        )

    def sendto(
        self,
        sockfd: int,
        buf: int,
        len: int,
        flags: int = 0,
        addr: int | None = None,
        addrlen: int = 0,
    ) -> int:
        """Send bytes; see sendto(2).

        Args:
            sockfd: descriptor.
            buf: where in memory they are: an address in bytes.
            len: bytes.
            flags: MSG_DONTWAIT lets it fail with EAGAIN where it would sleep; MSG_NOSIGNAL keeps
                SIGPIPE away.
            addr: where in memory it stands to whom; None or 0 = to the other end.
            addrlen: bytes there.

        Returns:
            How many bytes it took.

        Raises:
            LinuxError: EBADF; ENOTSOCK; EFAULT; ENOTCONN; EISCONN; EMSGSIZE; EPIPE, ECONNREFUSED
                if nobody could read it; EAGAIN where Linux would sleep.

        Source: net/socket.c: SYSCALL_DEFINE6(sendto) [v6.18].
        """
        return self._syscall(
            "sendto",
            (sockfd, buf, len, flags, addr, addrlen),
            lambda fd, buf, len, flags, addr, size: socket.do_sendto(
                self.task, fd, buf, len, flags, (addr or 0, size)
            ),
        )

    def recvfrom(
        self,
        sockfd: int,
        buf: int,
        len: int,
        flags: int = 0,
        addr: int | None = None,
        addrlen: int | None = None,
    ) -> int:
        """Receive bytes; see recvfrom(2).

        Args:
            sockfd: descriptor.
            buf: where in memory they go: an address in bytes.
            len: bytes.
            flags: MSG_DONTWAIT lets it fail with EAGAIN where it would sleep; MSG_PEEK leaves them
                there; MSG_WAITALL waits for all of them; MSG_TRUNC answers how long a message is.
            addr: where it is stored from whom; None or 0 = nowhere.
            addrlen: where the room there stands, an int that becomes the length.

        Returns:
            How many bytes came; 0 = no more will.

        Raises:
            LinuxError: EBADF; ENOTSOCK; EFAULT; ENOTCONN or EINVAL without another end; ECONNRESET;
                EAGAIN where Linux would sleep.

        Source: net/socket.c: SYSCALL_DEFINE6(recvfrom) [v6.18].
        """
        return self._syscall(
            "recvfrom",
            (sockfd, buf, len, flags, addr, addrlen),
            lambda fd, buf, len, flags, addr, size: socket.do_recvfrom(
                self.task, fd, buf, len, flags, (addr or 0, size or 0)
            ),
        )

    def sendmsg(self, sockfd: int, msg: int, flags: int = 0) -> int:
        """Send pieces of memory, and open files along with them; see sendmsg(2).

        Args:
            sockfd: descriptor.
            msg: where in memory the struct msghdr is, 56 bytes.
            flags: as `sendto` has them.

        Returns:
            How many bytes it took.

        Raises:
            LinuxError: as `sendto`; EMSGSIZE for more than 1024 pieces; EINVAL for what else could
                go along.

        Source: net/socket.c: SYSCALL_DEFINE3(sendmsg) [v6.18].
        """
        return self._syscall(
            "sendmsg", (sockfd, msg, flags), lambda *args: socket.do_sendmsg(self.task, *args)
        )

    def recvmsg(self, sockfd: int, msg: int, flags: int = 0) -> int:
        """Receive into pieces of memory, and open files that came along; see recvmsg(2).

        Args:
            sockfd: descriptor.
            msg: where in memory the struct msghdr is, 56 bytes, in which it is told what came.
            flags: as `recvfrom` has them; MSG_CMSG_CLOEXEC lets execve close the files.

        Returns:
            How many bytes came; 0 = no more will.

        Raises:
            LinuxError: as `recvfrom`; EMSGSIZE for more than 1024 pieces.

        Source: net/socket.c: SYSCALL_DEFINE3(recvmsg) [v6.18].
        """
        return self._syscall(
            "recvmsg", (sockfd, msg, flags), lambda *args: socket.do_recvmsg(self.task, *args)
        )

    def shutdown(self, sockfd: int, how: int) -> None:
        """End one direction of a connection, or both; see shutdown(2).

        Args:
            sockfd: descriptor.
            how: SHUT_RD (0), SHUT_WR (1), SHUT_RDWR (2).

        Raises:
            LinuxError: EBADF; ENOTSOCK; EINVAL for another `how`.

        Source: net/socket.c: SYSCALL_DEFINE2(shutdown) [v6.18].
        """
        self._syscall("shutdown", (sockfd, how), lambda *args: socket.do_shutdown(self.task, *args))

    def getsockname(self, sockfd: int, addr: int, addrlen: int) -> None:
        """Ask for the name of a socket, which is only its family here; see getsockname(2).

        Args:
            sockfd: descriptor.
            addr: where in memory it goes.
            addrlen: where the room there stands, an int that becomes the length.

        Raises:
            LinuxError: EBADF; ENOTSOCK; EFAULT; EINVAL for less room than none.

        Source: net/socket.c: SYSCALL_DEFINE3(getsockname) [v6.18].
        """
        self._syscall(
            "getsockname",
            (sockfd, addr, addrlen),
            lambda *args: socket.do_getsockname(self.task, *args, peer=False),
        )

    def getpeername(self, sockfd: int, addr: int, addrlen: int) -> None:
        """Ask for the name of a socket's other end; see getpeername(2).

        Args:
            sockfd: descriptor.
            addr: where in memory it goes.
            addrlen: where the room there stands, an int that becomes the length.

        Raises:
            LinuxError: as `getsockname`; ENOTCONN.

        Source: net/socket.c: SYSCALL_DEFINE3(getpeername) [v6.18].
        """
        self._syscall(
            "getpeername",
            (sockfd, addr, addrlen),
            lambda *args: socket.do_getsockname(self.task, *args, peer=True),
        )

    def setsockopt(self, sockfd: int, level: int, optname: int, optval: int, optlen: int) -> None:
        """Change an option of a socket; see setsockopt(2).

        Args:
            sockfd: descriptor.
            level: SOL_SOCKET (1).
            optname: SO_SNDBUF (7), SO_RCVBUF (8): bytes of memory for what is sent, or received;
                it is doubled.
            optval: where in memory the int is.
            optlen: bytes there.

        Raises:
            LinuxError: EBADF; ENOTSOCK; EFAULT; EINVAL; EOPNOTSUPP for another level; ENOPROTOOPT
                for another option.

        Source: net/socket.c: SYSCALL_DEFINE5(setsockopt) [v6.18].
        """
        self._syscall(
            "setsockopt",
            (sockfd, level, optname, optval, optlen),
            lambda *args: socket.do_setsockopt(self.task, *args),
        )

    def getsockopt(self, sockfd: int, level: int, optname: int, optval: int, optlen: int) -> None:
        """Ask for an option of a socket; see getsockopt(2).

        Args:
            sockfd: descriptor.
            level: SOL_SOCKET (1).
            optname: SO_TYPE (3), SO_ERROR (4), SO_SNDBUF (7), SO_PEERCRED (17) and others.
            optval: where in memory it goes.
            optlen: where the room there stands, an int that becomes the length.

        Raises:
            LinuxError: as `setsockopt`.

        Source: net/socket.c: SYSCALL_DEFINE5(getsockopt) [v6.18].
        """
        self._syscall(
            "getsockopt",
            (sockfd, level, optname, optval, optlen),
            lambda *args: socket.do_getsockopt(self.task, *args),
        )
