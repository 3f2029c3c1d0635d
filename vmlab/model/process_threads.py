"""The calls by which threads wait for each other, and sleep."""

from __future__ import annotations

from vmlab.model.linux.kernel.futex import syscalls
from vmlab.model.linux.kernel.rseq import rseq as do_rseq
from vmlab.model.linux.kernel.time import hrtimer, itimer
from vmlab.model.user_mode import UserMode


class ThreadCalls(UserMode):
    """futex, nanosleep and their kin.

    Where Linux would sleep, they answer EAGAIN to who calls from Python.
    """

    def futex(
        self,
        uaddr: int,
        op: int,
        val: int,
        timeout: int | None = None,
        uaddr2: int | None = None,
        val3: int = 0,
    ) -> int:
        """Sleep until another thread wakes this one, or wake those that sleep; see futex(2).

        Args:
            uaddr: where in memory the futex is, 4 bytes: an address in bytes.
            op: FUTEX_* operation, with FUTEX_PRIVATE_FLAG if only threads of this process use it.
            val: the value it must hold to sleep; how many to wake.
            timeout: where the time is until which to sleep, None or 0 = no end; or how many are
                woken at, or moved to, the second futex.
            uaddr2: that futex.
            val3: bits of FUTEX_*_BITSET, the value for FUTEX_CMP_REQUEUE, what FUTEX_WAKE_OP does.

        Returns:
            0 after sleeping; how many were woken, or woken and moved.

        Raises:
            LinuxError: EAGAIN if the futex holds another value, and where Linux would sleep;
                ETIMEDOUT; EINVAL for an address that is not aligned, no bits, negative counts, or
                a time that there is not; EFAULT; ENOSYS for operations with priority inheritance.

        Source: kernel/futex/syscalls.c: SYSCALL_DEFINE6(futex) [v6.18].
        """
        return self._syscall(
            "futex",
            (uaddr, op, val, timeout, uaddr2, val3),
            lambda uaddr, op, val, timeout, uaddr2, val3: syscalls.do_futex(
                self.task, uaddr, op, val, timeout or 0, uaddr2 or 0, val3
            ),
        )

    def set_robust_list(self, head: int, len: int) -> None:
        """Say where the list is of the locks that this thread holds; see set_robust_list(2).

        When it ends, they are marked FUTEX_OWNER_DIED, and who waits is woken.

        Args:
            head: where struct robust_list_head stands, bytes.
            len: of it: 24 bytes.

        Raises:
            LinuxError: EINVAL for another length.

        Source: kernel/futex/syscalls.c: SYSCALL_DEFINE2(set_robust_list) [v6.18].
        """
        self._syscall(
            "set_robust_list",
            (head, len),
            lambda head, length: syscalls.set_robust_list(self.task, head, length),
        )

    def get_robust_list(self, pid: int, head_ptr: int, len_ptr: int) -> None:
        """Store where the list of locks of a thread is; see get_robust_list(2).

        Args:
            pid: of the thread; 0 = this one.
            head_ptr: where the address is stored, bytes.
            len_ptr: where the length of the head is stored.

        Raises:
            LinuxError: ESRCH if there is no such thread; EFAULT.

        Source: kernel/futex/syscalls.c: SYSCALL_DEFINE3(get_robust_list) [v6.18].
        """
        self._syscall(
            "get_robust_list",
            (pid, head_ptr, len_ptr),
            lambda *args: syscalls.get_robust_list(self.task, *args),
        )

    def rseq(self, rseq: int, rseq_len: int, flags: int, sig: int) -> None:
        """Say where this thread is told on which CPU it runs; see rseq(2).

        The kernel stores it there whenever another task has run, or a signal has come: that may
        be a page fault.

        Args:
            rseq: where struct rseq stands, bytes, aligned to 32.
            rseq_len: of it, bytes.
            flags: RSEQ_FLAG_UNREGISTER (1) = nowhere any more.
            sig: what stands in front of the code that handles an abort.

        Raises:
            LinuxError: EINVAL for another length, place or flags; EPERM for another signature;
                EBUSY if that is so already; EFAULT.

        Source: kernel/rseq.c: SYSCALL_DEFINE4(rseq) [v6.18].
        """
        self._syscall(
            "rseq",
            (rseq, rseq_len, flags, sig),
            lambda *args: do_rseq(self.task, *args),
        )

    def sched_yield(self) -> None:
        """Let others run; see sched_yield(2). Here the caller runs on: nobody waits for long.

        Raises:
            LinuxError: never.

        Source: kernel/sched/syscalls.c: SYSCALL_DEFINE0(sched_yield) [v6.18].
        """
        self._syscall("sched_yield", (), lambda: None)

    def nanosleep(self, rqtp: int, rmtp: int | None = None) -> None:
        """Sleep for a while; see nanosleep(2).

        The clock goes on when all processes sleep.

        Args:
            rqtp: where in memory the time is: seconds and nanoseconds, 8 bytes each.
            rmtp: where the rest is stored if a signal comes first; None or 0 = nowhere.

        Raises:
            LinuxError: EINVAL for a time that there is not; EFAULT; EINTR; EAGAIN where Linux would
                sleep.

        Source: kernel/time/hrtimer.c: SYSCALL_DEFINE2(nanosleep) [v6.18].
        """
        self._syscall(
            "nanosleep",
            (rqtp, rmtp),
            lambda rqtp, rmtp: hrtimer.nanosleep(self.task, rqtp, rmtp or 0),
        )

    def alarm(self, seconds: int) -> int:
        """Let SIGALRM come after some seconds; see alarm(2).

        The clock goes on when all processes sleep.

        Args:
            seconds: how many; 0 = never.

        Returns:
            How many were left of the timer that there was; 0 = there was none.

        Raises:
            LinuxError: never.

        Source: kernel/time/itimer.c: SYSCALL_DEFINE1(alarm) [v6.18].
        """
        return self._syscall("alarm", (seconds,), lambda seconds: itimer.alarm(self.task, seconds))

    def setitimer(self, which: int, new_value: int | None, old_value: int | None = None) -> None:
        """Let SIGALRM come after a while, once or again and again; see setitimer(2).

        Args:
            which: ITIMER_REAL (0); the others count the time that the process used.
            new_value: where in memory the struct itimerval is: the interval and the first time,
                seconds and microseconds each; None or 0 = never.
            old_value: where what was left of the old timer is stored; None or 0 = nowhere.

        Raises:
            LinuxError: EINVAL for another timer or a time that there is not; EFAULT.

        Source: kernel/time/itimer.c: SYSCALL_DEFINE3(setitimer) [v6.18].
        """
        self._syscall(
            "setitimer",
            (which, new_value, old_value),
            lambda which, new, old: itimer.setitimer(self.task, which, new or 0, old or 0),
        )

    def getitimer(self, which: int, curr_value: int) -> None:
        """Store what is left of a timer; see getitimer(2).

        Args:
            which: ITIMER_REAL (0), ITIMER_VIRTUAL, ITIMER_PROF.
            curr_value: where in memory the struct itimerval goes.

        Raises:
            LinuxError: EINVAL for another timer; EFAULT.

        Source: kernel/time/itimer.c: SYSCALL_DEFINE2(getitimer) [v6.18].
        """
        self._syscall(
            "getitimer",
            (which, curr_value),
            lambda which, value: itimer.getitimer(self.task, which, value),
        )

    def clock_nanosleep(self, clockid: int, flags: int, rqtp: int, rmtp: int | None = None) -> None:
        """Sleep for a while, or until a time; see clock_nanosleep(2).

        Args:
            clockid: CLOCK_*; all clocks show the same.
            flags: TIMER_ABSTIME (1) = until a time.
            rqtp: where in memory the time is: seconds and nanoseconds, 8 bytes each.
            rmtp: where the rest is stored if a signal comes first; None or 0 = nowhere.

        Raises:
            LinuxError: EINVAL for a clock or time that there is not; EOPNOTSUPP for a clock that
                nobody can sleep by; EFAULT; EINTR; EAGAIN where Linux would sleep.

        Source: kernel/time/posix-timers.c: SYSCALL_DEFINE4(clock_nanosleep) [v6.18].
        """
        self._syscall(
            "clock_nanosleep",
            (clockid, flags, rqtp, rmtp),
            lambda clock, flags, rqtp, rmtp: hrtimer.clock_nanosleep(
                self.task, clock, flags, rqtp, rmtp or 0
            ),
        )
