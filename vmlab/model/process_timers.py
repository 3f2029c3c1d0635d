"""The calls about timers that a process makes."""

from __future__ import annotations

from vmlab.model.linux.kernel.time import k_itimer
from vmlab.model.user_mode import UserMode


class TimerCalls(UserMode):
    """timer_create and its kin."""

    def timer_create(self, clockid: int, sevp: int | None, timerid: int) -> None:
        """Make a timer, which does not run yet; see timer_create(2).

        A child has none of its parent's, and a new program none of the old one's.

        Args:
            clockid: CLOCK_*; by the time that a process used it is never over.
            sevp: where in memory the struct sigevent is, 64 bytes: what it sends, and to whom; None
                or 0 = SIGALRM, with its number as value.
            timerid: where its number is stored, 4 bytes.

        Raises:
            LinuxError: EINVAL for a clock, a signal, a thread or a way to tell that there is not;
                EOPNOTSUPP for a clock without timers; EAGAIN if RLIMIT_SIGPENDING forbids it;
                EFAULT.

        Source: kernel/time/posix-timers.c: SYSCALL_DEFINE3(timer_create) [v6.18].
        """
        self._syscall(
            "timer_create",
            (clockid, sevp, timerid),
            lambda clock, event, timer: k_itimer.do_timer_create(
                self.task, clock, event or 0, timer
            ),
        )

    def timer_settime(
        self, timerid: int, flags: int, new_value: int, old_value: int | None = None
    ) -> None:
        """Say when a timer is over, and after how long again; see timer_settime(2).

        The clock goes on when all processes sleep.

        Args:
            timerid: its number.
            flags: TIMER_ABSTIME = at a time, else after a while.
            new_value: where in memory the struct itimerspec is: interval and value, of seconds and
                nanoseconds, 8 bytes each; the value 0 stops it.
            old_value: where is stored what was left; None or 0 = nowhere.

        Raises:
            LinuxError: EINVAL if there is no such timer, or a time cannot be; EFAULT.

        Source: kernel/time/posix-timers.c: SYSCALL_DEFINE4(timer_settime) [v6.18].
        """
        self._syscall(
            "timer_settime",
            (timerid, flags, new_value, old_value),
            lambda timer, flags, new, old: self._sent(
                k_itimer.timer_settime, timer, flags, new, old or 0
            ),
        )

    def timer_gettime(self, timerid: int, curr_value: int) -> None:
        """Ask how long a timer still runs; see timer_gettime(2).

        Args:
            timerid: its number.
            curr_value: where in memory a struct itimerspec is stored, 32 bytes.

        Raises:
            LinuxError: EINVAL if there is no such timer; EFAULT.

        Source: kernel/time/posix-timers.c: SYSCALL_DEFINE2(timer_gettime) [v6.18].
        """
        self._syscall(
            "timer_gettime",
            (timerid, curr_value),
            lambda timer, value: k_itimer.timer_gettime(self.task, timer, value),
        )

    def timer_getoverrun(self, timerid: int) -> int:
        """Ask how often more a timer was over before its signal was taken; see timer_getoverrun(2).

        Args:
            timerid: its number.

        Returns:
            How often.

        Raises:
            LinuxError: EINVAL if there is no such timer.

        Source: kernel/time/posix-timers.c: SYSCALL_DEFINE1(timer_getoverrun) [v6.18].
        """
        return self._syscall(
            "timer_getoverrun",
            (timerid,),
            lambda timer: k_itimer.timer_getoverrun(self.task, timer),
        )

    def timer_delete(self, timerid: int) -> None:
        """Delete a timer; see timer_delete(2).

        Args:
            timerid: its number.

        Raises:
            LinuxError: EINVAL if there is no such timer.

        Source: kernel/time/posix-timers.c: SYSCALL_DEFINE1(timer_delete) [v6.18].
        """
        self._syscall(
            "timer_delete", (timerid,), lambda timer: k_itimer.timer_delete(self.task, timer)
        )
