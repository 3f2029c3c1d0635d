"""The calls on files that only count, watch others, or stand for times and signals."""

from __future__ import annotations

from vmlab.model.abi.signal import SIGSET_SIZE
from vmlab.model.linux.fs import eventfd, eventpoll, signalfd, timerfd
from vmlab.model.user_mode import UserMode


class WatchCalls(UserMode):
    """eventfd, epoll, timerfd, signalfd.

    Where Linux would sleep, they answer EAGAIN to who calls from Python.
    """

    def eventfd(self, initval: int = 0) -> int:
        """Make a file that counts: a write adds to it, a read takes it; see eventfd(2).

        Args:
            initval: what it counts at first.

        Returns:
            The descriptor.

        Raises:
            LinuxError: EMFILE.

        Source: fs/eventfd.c: SYSCALL_DEFINE1(eventfd) [v6.18].
        """
        return self._syscall(
            "eventfd", (initval,), lambda count: eventfd.do_eventfd(self.task, count, 0)
        )

    def eventfd2(self, initval: int = 0, flags: int = 0) -> int:
        """Make a file that counts; see eventfd(2).

        Args:
            initval: what it counts at first.
            flags: EFD_SEMAPHORE lets a read take 1 only; EFD_NONBLOCK lets reading and writing
                fail with EAGAIN where they would sleep; EFD_CLOEXEC lets execve close it.

        Returns:
            The descriptor.

        Raises:
            LinuxError: EINVAL for other flags; EMFILE.

        Source: fs/eventfd.c: SYSCALL_DEFINE2(eventfd2) [v6.18].
        """
        return self._syscall(
            "eventfd2", (initval, flags), lambda *args: eventfd.do_eventfd(self.task, *args)
        )

    def epoll_create(self, size: int = 1) -> int:
        """Make a list of files to watch; see epoll_create(2).

        Args:
            size: above 0; it means nothing else any more.

        Returns:
            The descriptor.

        Raises:
            LinuxError: EINVAL; EMFILE.

        Source: fs/eventpoll.c: SYSCALL_DEFINE1(epoll_create) [v6.18].
        """
        return self._syscall(
            "epoll_create", (size,), lambda size: eventpoll.epoll_create(self.task, size)
        )

    def epoll_create1(self, flags: int = 0) -> int:
        """Make a list of files to watch; see epoll_create1(2).

        Args:
            flags: EPOLL_CLOEXEC lets execve close it.

        Returns:
            The descriptor.

        Raises:
            LinuxError: EINVAL for other flags; EMFILE.

        Source: fs/eventpoll.c: SYSCALL_DEFINE1(epoll_create1) [v6.18].
        """
        return self._syscall(
            "epoll_create1", (flags,), lambda flags: eventpoll.do_epoll_create(self.task, flags)
        )

    def epoll_ctl(self, epfd: int, op: int, fd: int, event: int | None = None) -> None:
        """Watch a file, ask for other events of it, or watch it no more; see epoll_ctl(2).

        Args:
            epfd: descriptor of the list.
            op: EPOLL_CTL_ADD (1), EPOLL_CTL_DEL (2), EPOLL_CTL_MOD (3).
            fd: descriptor of the file.
            event: where in memory the struct epoll_event is, 12 bytes: EPOLL* bits, and what is
                told with them; None or 0 for EPOLL_CTL_DEL.

        Raises:
            LinuxError: EFAULT; EBADF; EPERM for a file that is always ready; EINVAL for another
                operation, what is no list of files, or the list itself; ELOOP for lists that watch
                each other; EEXIST; ENOENT.

        Source: fs/eventpoll.c: SYSCALL_DEFINE4(epoll_ctl) [v6.18].
        """
        self._syscall(
            "epoll_ctl",
            (epfd, op, fd, event),
            lambda epfd, op, fd, event: eventpoll.do_epoll_ctl(self.task, epfd, op, fd, event or 0),
        )

    def epoll_wait(self, epfd: int, events: int, maxevents: int, timeout: int) -> int:
        """Wait until something that is watched is ready, or a time is over; see epoll_wait(2).

        Args:
            epfd: descriptor of the list.
            events: where in memory what is ready is told, a struct epoll_event each: an address
                in bytes.
            maxevents: for how many there is room.
            timeout: milliseconds; below 0 = without end.

        Returns:
            How many are told; 0 if the time is over.

        Raises:
            LinuxError: EBADF; EINVAL for what is no list of files, or no room; EFAULT; EINTR;
                EAGAIN where Linux would sleep.

        Source: fs/eventpoll.c: SYSCALL_DEFINE4(epoll_wait) [v6.18].
        """
        return self._syscall(
            "epoll_wait",
            (epfd, events, maxevents, timeout),
            lambda *args: eventpoll.epoll_wait(self.task, *args),
        )

    def epoll_pwait(
        self,
        epfd: int,
        events: int,
        maxevents: int,
        timeout: int,
        sigmask: int | None = None,
        sigsetsize: int = SIGSET_SIZE,
    ) -> int:
        """Wait until something that is watched is ready, while other signals wait; see
        epoll_pwait(2).

        Args:
            epfd: descriptor of the list.
            events: where in memory what is ready is told, a struct epoll_event each.
            maxevents: for how many there is room.
            timeout: milliseconds; below 0 = without end.
            sigmask: where the signals are that wait meanwhile; None or 0 = those that wait now.
            sigsetsize: bytes of a set: 8.

        Returns:
            How many are told; 0 if the time is over.

        Raises:
            LinuxError: as `epoll_wait`; EINVAL for another size.

        Source: fs/eventpoll.c: SYSCALL_DEFINE6(epoll_pwait) [v6.18].
        """
        return self._syscall(
            "epoll_pwait",
            (epfd, events, maxevents, timeout, sigmask, sigsetsize),
            lambda epfd, events, room, time, mask, size: self._sent(
                eventpoll.epoll_pwait, epfd, (events, room), time, mask or 0, size
            ),
        )

    def epoll_pwait2(
        self,
        epfd: int,
        events: int,
        maxevents: int,
        timeout: int | None = None,
        sigmask: int | None = None,
        sigsetsize: int = SIGSET_SIZE,
    ) -> int:
        """Wait as `epoll_pwait`, for a time that is told more exactly; see epoll_pwait2(2).

        Args:
            epfd: descriptor of the list.
            events: where in memory what is ready is told, a struct epoll_event each.
            maxevents: for how many there is room.
            timeout: where the time is, seconds and nanoseconds; None or 0 = without end.
            sigmask: where the signals are that wait meanwhile; None or 0 = those that wait now.
            sigsetsize: bytes of a set: 8.

        Returns:
            How many are told; 0 if the time is over.

        Raises:
            LinuxError: as `epoll_pwait`; EINVAL for a time that there is not.

        Source: fs/eventpoll.c: SYSCALL_DEFINE6(epoll_pwait2) [v6.18].
        """
        return self._syscall(
            "epoll_pwait2",
            (epfd, events, maxevents, timeout, sigmask, sigsetsize),
            lambda epfd, events, room, time, mask, size: self._sent(
                eventpoll.epoll_pwait2, epfd, (events, room), time or 0, mask or 0, size
            ),
        )

    def timerfd_create(self, clockid: int, flags: int = 0) -> int:
        """Make a file that stands for a time; see timerfd_create(2).

        Args:
            clockid: CLOCK_*: all have the same time.
            flags: TFD_NONBLOCK lets reading fail with EAGAIN where it would sleep; TFD_CLOEXEC
                lets execve close it.

        Returns:
            The descriptor.

        Raises:
            LinuxError: EINVAL for another clock, or other flags; EMFILE.

        Source: fs/timerfd.c: SYSCALL_DEFINE2(timerfd_create) [v6.18].
        """
        return self._syscall(
            "timerfd_create",
            (clockid, flags),
            lambda *args: timerfd.timerfd_create(self.task, *args),
        )

    def timerfd_settime(
        self, fd: int, flags: int, new_value: int, old_value: int | None = None
    ) -> None:
        """Say when the time of a file comes, and whether it comes again; see timerfd_settime(2).

        Args:
            fd: descriptor.
            flags: TFD_TIMER_ABSTIME = at a time, not after a while.
            new_value: where in memory it is, a struct itimerspec: from one time to the next, and
                the first, seconds and nanoseconds each; a first of 0 = never.
            old_value: where what was left of the old one is stored; None or 0 = nowhere.

        Raises:
            LinuxError: EINVAL for other flags, a time that there is not, what is no such file;
                EBADF; EFAULT.

        Source: fs/timerfd.c: SYSCALL_DEFINE4(timerfd_settime) [v6.18].
        """
        self._syscall(
            "timerfd_settime",
            (fd, flags, new_value, old_value),
            lambda fd, flags, new, old: timerfd.timerfd_settime(
                self.task, fd, flags, new, old or 0
            ),
        )

    def timerfd_gettime(self, fd: int, curr_value: int) -> None:
        """Ask how long it is until the time of a file comes; see timerfd_gettime(2).

        Args:
            fd: descriptor.
            curr_value: where in memory the struct itimerspec is stored.

        Raises:
            LinuxError: EBADF; EINVAL for what is no such file; EFAULT.

        Source: fs/timerfd.c: SYSCALL_DEFINE2(timerfd_gettime) [v6.18].
        """
        self._syscall(
            "timerfd_gettime",
            (fd, curr_value),
            lambda *args: timerfd.timerfd_gettime(self.task, *args),
        )

    def signalfd(self, fd: int, mask: int, sigsetsize: int = SIGSET_SIZE) -> int:
        """Make a file from which signals are read, or let one give others; see signalfd(2).

        Args:
            fd: its descriptor; -1 = make one.
            mask: where in memory the set of signals is, bit 0 for signal 1; they should wait.
            sigsetsize: bytes of the set: 8.

        Returns:
            The descriptor.

        Raises:
            LinuxError: EINVAL for another size, and for what is no such file; EBADF; EFAULT;
                EMFILE.

        Source: fs/signalfd.c: SYSCALL_DEFINE3(signalfd) [v6.18].
        """
        return self._syscall(
            "signalfd",
            (fd, mask, sigsetsize),
            lambda fd, mask, size: signalfd.do_signalfd4(self.task, fd, mask, size, 0),
        )

    def signalfd4(self, fd: int, mask: int, sigsetsize: int = SIGSET_SIZE, flags: int = 0) -> int:
        """Make a file from which signals are read, or let one give others; see signalfd4(2).

        Args:
            fd: its descriptor; -1 = make one.
            mask: where in memory the set of signals is, bit 0 for signal 1; they should wait.
            sigsetsize: bytes of the set: 8.
            flags: SFD_NONBLOCK lets reading fail with EAGAIN where it would sleep; SFD_CLOEXEC
                lets execve close it.

        Returns:
            The descriptor.

        Raises:
            LinuxError: as `signalfd`; EINVAL for other flags.

        Source: fs/signalfd.c: SYSCALL_DEFINE4(signalfd4) [v6.18].
        """
        return self._syscall(
            "signalfd4",
            (fd, mask, sigsetsize, flags),
            lambda *args: signalfd.do_signalfd4(self.task, *args),
        )
