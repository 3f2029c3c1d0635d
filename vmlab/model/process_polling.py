"""The calls by which a process waits for files."""

from __future__ import annotations

from vmlab.model.abi.signal import SIGSET_SIZE
from vmlab.model.linux.fs import select
from vmlab.model.user_mode import UserMode


class PollCalls(UserMode):
    """poll, select and their kin.

    Where Linux would sleep, they answer EAGAIN to who calls from Python.
    """

    def poll(self, fds: int, nfds: int, timeout: int) -> int:
        """Wait until one of some files is ready, or a time is over; see poll(2).

        Args:
            fds: where in memory the struct pollfd are, 8 bytes each: an address in bytes.
            nfds: how many there are.
            timeout: milliseconds; below 0 = without end.

        Returns:
            How many are ready; 0 if the time is over.

        Raises:
            LinuxError: EINVAL for more than RLIMIT_NOFILE; EFAULT; EINTR; EAGAIN where Linux would
                sleep.

        Source: fs/select.c: SYSCALL_DEFINE3(poll) [v6.18].
        """
        return self._syscall(
            "poll", (fds, nfds, timeout), lambda *args: select.poll(self.task, *args)
        )

    def ppoll(
        self,
        fds: int,
        nfds: int,
        tmo_p: int | None = None,
        sigmask: int | None = None,
        sigsetsize: int = SIGSET_SIZE,
    ) -> int:
        """Wait until one of some files is ready, while other signals wait; see ppoll(2).

        Args:
            fds: where in memory the struct pollfd are, 8 bytes each: an address in bytes.
            nfds: how many there are.
            tmo_p: where the time is, seconds and nanoseconds, and what is left of it is stored;
                None or 0 = without end.
            sigmask: where the signals are that wait meanwhile; None or 0 = those that wait now.
            sigsetsize: bytes of a set: 8.

        Returns:
            How many are ready; 0 if the time is over.

        Raises:
            LinuxError: as `poll`; EINVAL for another size or a time that there is not.

        Source: fs/select.c: SYSCALL_DEFINE5(ppoll) [v6.18].
        """
        return self._syscall(
            "ppoll",
            (fds, nfds, tmo_p, sigmask, sigsetsize),
            lambda fds, nfds, time, mask, size: self._sent(
                select.ppoll, fds, nfds, time or 0, mask or 0, size
            ),
        )

    def select(
        self,
        nfds: int,
        readfds: int | None = None,
        writefds: int | None = None,
        exceptfds: int | None = None,
        timeout: int | None = None,
    ) -> int:
        """Wait until a descriptor of some sets is ready, or a time is over; see select(2).

        Args:
            nfds: descriptors from here on do not count.
            readfds: where in memory the set is of those to read from, bit 0 for descriptor 0; which
                are ready is stored there. None or 0 = none.
            writefds: the same for those to write to.
            exceptfds: the same for those with something out of the ordinary.
            timeout: where the time is, seconds and microseconds, and what is left of it is stored;
                None or 0 = without end.

        Returns:
            How many are ready; 0 if the time is over.

        Raises:
            LinuxError: EINVAL for `nfds` below 0 or a time that there is not; EBADF; EFAULT; EINTR;
                EAGAIN where Linux would sleep.

        Source: fs/select.c: SYSCALL_DEFINE5(select) [v6.18].
        """
        return self._syscall(
            "select",
            (nfds, readfds, writefds, exceptfds, timeout),
            lambda nfds, *args: select.select(
                self.task, nfds, [addr or 0 for addr in args[:-1]], args[-1] or 0
            ),
        )

    def pselect6(
        self,
        nfds: int,
        readfds: int | None = None,
        writefds: int | None = None,
        exceptfds: int | None = None,
        timeout: int | None = None,
        sigmask: int | None = None,
    ) -> int:
        """Wait until a descriptor of some sets is ready, while other signals wait; see pselect(2).

        Args:
            nfds: descriptors from here on do not count.
            readfds: where in memory the set is of those to read from, bit 0 for descriptor 0; which
                are ready is stored there. None or 0 = none.
            writefds: the same for those to write to.
            exceptfds: the same for those with something out of the ordinary.
            timeout: where the time is, seconds and nanoseconds, and what is left of it is stored;
                None or 0 = without end.
            sigmask: where the address of the set of signals that wait meanwhile stands, and its
                bytes, 8 bytes each; None or 0 = those that wait now.

        Returns:
            How many are ready; 0 if the time is over.

        Raises:
            LinuxError: as `select`; EINVAL for another size of the set of signals.

        Source: fs/select.c: SYSCALL_DEFINE6(pselect6) [v6.18].
        """
        return self._syscall(
            "pselect6",
            (nfds, readfds, writefds, exceptfds, timeout, sigmask),
            lambda nfds, *args: self._sent(
                select.pselect6,
                nfds,
                [addr or 0 for addr in args[:-2]],
                *(addr or 0 for addr in args[-2:]),
            ),
        )
