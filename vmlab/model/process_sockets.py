"""The calls on sockets: between processes of one machine, and those of the Internet on it."""

from __future__ import annotations

from vmlab.model.linux.net import messages, socket
from vmlab.model.linux.net.core import sock_options
from vmlab.model.user_mode import UserMode


class SocketCalls(UserMode):
    """Making sockets, naming and connecting them, sending and receiving.

    Where Linux would sleep, they answer EAGAIN to who calls from Python.
    """

    def socket(self, domain: int, type: int, protocol: int = 0) -> int:
        """Make a socket that is connected to nothing; see socket(2).

        Args:
            domain: AF_UNIX, AF_INET or AF_INET6.
            type: SOCK_STREAM, SOCK_DGRAM, or of AF_UNIX SOCK_SEQPACKET, with SOCK_NONBLOCK,
                SOCK_CLOEXEC.
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

    def bind(self, sockfd: int, addr: int, addrlen: int) -> None:
        """Give a socket a name; see bind(2).

        Args:
            sockfd: descriptor.
            addr: where in memory the name is: a struct sockaddr_un, sockaddr_in or sockaddr_in6.
            addrlen: bytes of it.

        Raises:
            LinuxError: EBADF; ENOTSOCK; EFAULT; EINVAL for a name that cannot be, or if it has one;
                EAFNOSUPPORT; EADDRINUSE; EADDRNOTAVAIL for an address of another machine; what a
                path raises.

        Source: net/socket.c: SYSCALL_DEFINE3(bind) [v6.18].
        """
        self._syscall(
            "bind", (sockfd, addr, addrlen), lambda *args: socket.do_bind(self.task, *args)
        )

    def listen(self, sockfd: int, backlog: int) -> None:
        """Let others connect to a socket; see listen(2).

        Args:
            sockfd: descriptor.
            backlog: connections that may wait to be accepted, beside one.

        Raises:
            LinuxError: EBADF; ENOTSOCK; EOPNOTSUPP for datagrams; EINVAL if it is connected, or of
                AF_UNIX without a name; EADDRINUSE.

        Source: net/socket.c: SYSCALL_DEFINE2(listen) [v6.18].
        """
        self._syscall("listen", (sockfd, backlog), lambda *args: socket.do_listen(self.task, *args))

    def accept(self, sockfd: int, addr: int | None = None, addrlen: int | None = None) -> int:
        """Take the first connection that waits at a socket; see accept(2).

        Args:
            sockfd: descriptor.
            addr: where in memory it is stored who connected; None or 0 = nowhere.
            addrlen: where the room there stands, an int that becomes the length.

        Returns:
            The descriptor of the connection's own socket.

        Raises:
            LinuxError: EBADF; ENOTSOCK; EOPNOTSUPP for datagrams; EINVAL if it does not listen;
                EMFILE; EFAULT; EAGAIN where Linux would sleep.

        Source: net/socket.c: SYSCALL_DEFINE3(accept) [v6.18].
        """
        return self._syscall(
            "accept",
            (sockfd, addr, addrlen),
            lambda fd, addr, size: socket.do_accept(self.task, fd, addr or 0, size or 0, 0),
        )

    def accept4(
        self, sockfd: int, addr: int | None = None, addrlen: int | None = None, flags: int = 0
    ) -> int:
        """Take the first connection that waits at a socket; see accept4(2).

        Args:
            sockfd: descriptor.
            addr: as `accept`.
            addrlen: as `accept`.
            flags: SOCK_NONBLOCK, SOCK_CLOEXEC.

        Returns:
            The descriptor of the connection's own socket.

        Raises:
            LinuxError: as `accept`; EINVAL for other flags.

        Source: net/socket.c: SYSCALL_DEFINE4(accept4) [v6.18].
        """
        return self._syscall(
            "accept4",
            (sockfd, addr, addrlen, flags),
            lambda fd, addr, size, flags: socket.do_accept(
                self.task, fd, addr or 0, size or 0, flags
            ),
        )

    def connect(self, sockfd: int, addr: int, addrlen: int) -> None:
        """Connect a socket to who has a name; see connect(2).

        Args:
            sockfd: descriptor.
            addr: where in memory the name is: a struct sockaddr_un, sockaddr_in or sockaddr_in6.
            addrlen: bytes of it.

        Raises:
            LinuxError: EBADF; ENOTSOCK; EFAULT; EINVAL; EAFNOSUPPORT; ECONNREFUSED if nobody
                listens; ENETUNREACH for an address of another machine; EISCONN; EPROTOTYPE;
                EINPROGRESS, EALREADY, EAGAIN where Linux would sleep.

        Source: net/socket.c: SYSCALL_DEFINE3(connect) [v6.18].
        """
        self._syscall(
            "connect", (sockfd, addr, addrlen), lambda *args: socket.do_connect(self.task, *args)
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
            lambda fd, buf, len, flags, addr, size: messages.do_sendto(
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
            lambda fd, buf, len, flags, addr, size: messages.do_recvfrom(
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
            "sendmsg", (sockfd, msg, flags), lambda *args: messages.do_sendmsg(self.task, *args)
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
            "recvmsg", (sockfd, msg, flags), lambda *args: messages.do_recvmsg(self.task, *args)
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
        """Ask for the name of a socket; see getsockname(2).

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
            level: SOL_SOCKET (1), SOL_TCP (6), SOL_IPV6 (41).
            optname: SO_REUSEADDR (2), SO_REUSEPORT (15), SO_BROADCAST (6), SO_KEEPALIVE (9),
                TCP_NODELAY (1), IPV6_V6ONLY (26): whether; SO_SNDBUF (7), SO_RCVBUF (8): bytes of
                memory for what is sent, or received, which are doubled; SO_RCVTIMEO (20),
                SO_SNDTIMEO (21): how long it waits, a struct timeval.
            optval: where in memory the value is.
            optlen: bytes there.

        Raises:
            LinuxError: EBADF; ENOTSOCK; EFAULT; EINVAL; EDOM for a time that there is not;
                EOPNOTSUPP for another level; ENOPROTOOPT for another option.

        Source: net/socket.c: SYSCALL_DEFINE5(setsockopt) [v6.18].
        """
        self._syscall(
            "setsockopt",
            (sockfd, level, optname, optval, optlen),
            lambda *args: sock_options.do_setsockopt(self.task, *args),
        )

    def getsockopt(self, sockfd: int, level: int, optname: int, optval: int, optlen: int) -> None:
        """Ask for an option of a socket; see getsockopt(2).

        Args:
            sockfd: descriptor.
            level: SOL_SOCKET (1), SOL_TCP (6), SOL_IPV6 (41).
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
            lambda *args: sock_options.do_getsockopt(self.task, *args),
        )
