"""The calls by which a process asks who and where it is, and what time."""

from __future__ import annotations

from vmlab.model.linux.drivers.char.random import getrandom
from vmlab.model.linux.kernel.sched import sched_getaffinity
from vmlab.model.linux.kernel.sys import (
    do_getcpu,
    do_getpgid,
    do_getpriority,
    do_getrusage,
    do_getsid,
    do_setpgid,
    do_sysinfo,
    do_times,
    getpid,
    getppid,
    getuid,
    ksys_setsid,
    newuname,
)
from vmlab.model.linux.kernel.time.posix_timers import clock_getres, clock_gettime
from vmlab.model.linux.kernel.time.time import do_time, gettimeofday
from vmlab.model.user_mode import UserMode


class IdentityCalls(UserMode):
    """getpid and its kin."""

    def getpid(self) -> int:
        """Return the process number; see getpid(2). `pid` is the same without a call.

        Returns:
            The number: that of its first thread in all threads.

        Raises:
            LinuxError: never.

        Source: kernel/sys.c: SYSCALL_DEFINE0(getpid) [v5.4].
        """
        return self._syscall("getpid", (), lambda: getpid(self.task))

    def gettid(self) -> int:
        """Return the number of this thread; see gettid(2).

        Returns:
            The number.

        Raises:
            LinuxError: never.

        Source: kernel/sys.c: SYSCALL_DEFINE0(gettid) [v5.4].
        """
        return self._syscall("gettid", (), lambda: self.task.pid)

    def getppid(self) -> int:
        """Return the number of the parent process; see getppid(2).

        Returns:
            The number; 1 if the parent has ended.

        Raises:
            LinuxError: never.

        Source: kernel/sys.c: SYSCALL_DEFINE0(getppid) [v5.4].
        """
        return self._syscall("getppid", (), lambda: getppid(self.task))

    def getuid(self) -> int:
        """Return the user; see getuid(2).

        Returns:
            0: all processes are root's.

        Raises:
            LinuxError: never.

        Source: kernel/sys.c: SYSCALL_DEFINE0(getuid) [v5.4].
        """
        return self._syscall("getuid", (), lambda: getuid(self.task))

    def geteuid(self) -> int:
        """Return the user who counts for rights; see geteuid(2).

        Returns:
            0: all processes are root's.

        Raises:
            LinuxError: never.

        Source: kernel/sys.c: SYSCALL_DEFINE0(geteuid) [v5.4].
        """
        return self._syscall("geteuid", (), lambda: getuid(self.task))

    def getgid(self) -> int:
        """Return the group; see getgid(2).

        Returns:
            0: all processes are root's.

        Raises:
            LinuxError: never.

        Source: kernel/sys.c: SYSCALL_DEFINE0(getgid) [v5.4].
        """
        return self._syscall("getgid", (), lambda: getuid(self.task))

    def getegid(self) -> int:
        """Return the group that counts for rights; see getegid(2).

        Returns:
            0: all processes are root's.

        Raises:
            LinuxError: never.

        Source: kernel/sys.c: SYSCALL_DEFINE0(getegid) [v5.4].
        """
        return self._syscall("getegid", (), lambda: getuid(self.task))

    def getpgrp(self) -> int:
        """Return the number of the process group; see getpgrp(2).

        Returns:
            The number.

        Raises:
            LinuxError: never.

        Source: kernel/sys.c: SYSCALL_DEFINE0(getpgrp) [v5.4].
        """
        return self._syscall("getpgrp", (), lambda: do_getpgid(self.task, 0))

    def setsid(self) -> int:
        """Begin a session, and a process group in it; see setsid(2).

        Returns:
            The number of both: that of the process.

        Raises:
            LinuxError: EPERM if there is a process group of that number already.

        Source: kernel/sys.c: ksys_setsid() [v5.4].
        """
        return self._syscall("setsid", (), lambda: ksys_setsid(self.task))

    def getpgid(self, pid: int) -> int:
        """Return the number of the process group of a process; see getpgid(2).

        Args:
            pid: of the process; 0 = this one.

        Returns:
            The number.

        Raises:
            LinuxError: ESRCH if there is no such process.

        Source: kernel/sys.c: SYSCALL_DEFINE1(getpgid) [v5.4].
        """
        return self._syscall("getpgid", (pid,), lambda pid: do_getpgid(self.task, pid))

    def getsid(self, pid: int) -> int:
        """Return the number of the session of a process; see getsid(2).

        Args:
            pid: of the process; 0 = this one.

        Returns:
            The number.

        Raises:
            LinuxError: ESRCH if there is no such process.

        Source: kernel/sys.c: SYSCALL_DEFINE1(getsid) [v5.4].
        """
        return self._syscall("getsid", (pid,), lambda pid: do_getsid(self.task, pid))

    def setpgid(self, pid: int, pgid: int) -> None:
        """Move a process, this one or a child, to another process group; see setpgid(2).

        Args:
            pid: of the process; 0 = this one.
            pgid: number of the group; 0 = that of the process, which may be new.

        Raises:
            LinuxError: EINVAL for a negative group, or a thread that is not the first; ESRCH for
                another process; EPERM if it is in another session or has begun its own, and for a
                group that the session does not have.

        Source: kernel/sys.c: SYSCALL_DEFINE2(setpgid) [v5.4].
        """
        self._syscall("setpgid", (pid, pgid), lambda *args: do_setpgid(self.task, *args))

    def uname(self, buf: int) -> None:
        """Store which system this is: Linux 6.18.0 on x86_64, named vmlab; see uname(2).

        Args:
            buf: where in memory the struct utsname goes, 390 bytes.

        Raises:
            LinuxError: EFAULT if it cannot be stored.

        Source: kernel/sys.c: SYSCALL_DEFINE1(newuname) [v6.18].
        """
        self._syscall("uname", (buf,), lambda buf: newuname(self.task, buf))

    def getrandom(self, buf: int, buflen: int, flags: int = 0) -> int:
        """Store random bytes, which follow from the machine's seed; see getrandom(2).

        Args:
            buf: where in memory they go.
            buflen: bytes.
            flags: GRND_* bits.

        Returns:
            How many bytes were stored.

        Raises:
            LinuxError: EINVAL for other flags, and for GRND_RANDOM with GRND_INSECURE; EFAULT.

        Source: drivers/char/random.c: SYSCALL_DEFINE3(getrandom) [v6.18].
        """
        return self._syscall(
            "getrandom", (buf, buflen, flags), lambda *args: getrandom(self.task, *args)
        )

    def getrusage(self, who: int, usage: int) -> None:
        """Store what a process used: page faults and the most memory; see getrusage(2).

        Args:
            who: RUSAGE_SELF, RUSAGE_CHILDREN or RUSAGE_THREAD.
            usage: where in memory the struct rusage goes, 144 bytes.

        Raises:
            LinuxError: EINVAL for another `who`; EFAULT.

        Source: kernel/sys.c: SYSCALL_DEFINE2(getrusage) [v6.18].
        """
        self._syscall("getrusage", (who, usage), lambda *args: do_getrusage(self.task, *args))

    def sysinfo(self, info: int) -> None:
        """Store how much memory there is; see sysinfo(2).

        Args:
            info: where in memory the struct sysinfo goes, 112 bytes.

        Raises:
            LinuxError: EFAULT.

        Source: kernel/sys.c: SYSCALL_DEFINE1(sysinfo) [v6.18].
        """
        self._syscall("sysinfo", (info,), lambda *args: do_sysinfo(self.task, *args))

    def times(self, buf: int = 0) -> int:
        """Return the time since the start; see times(2).

        Args:
            buf: where in memory the struct tms goes, 32 bytes, which are 0; 0 = nowhere.

        Returns:
            The time in 1/100 seconds.

        Raises:
            LinuxError: EFAULT.

        Source: kernel/sys.c: SYSCALL_DEFINE1(times) [v6.18].
        """
        return self._syscall("times", (buf,), lambda *args: do_times(self.task, *args))

    def getpriority(self, which: int, who: int = 0) -> int:
        """Tell how nice processes are: none is; see getpriority(2).

        Args:
            which: PRIO_PROCESS, PRIO_PGRP or PRIO_USER.
            who: number of a process, a group or a user; 0 = that of this process.

        Returns:
            20, which stands for 0.

        Raises:
            LinuxError: EINVAL for another `which`; ESRCH if there are no such processes.

        Source: kernel/sys.c: SYSCALL_DEFINE2(getpriority) [v6.18].
        """
        return self._syscall(
            "getpriority", (which, who), lambda *args: do_getpriority(self.task, *args)
        )

    def sched_getaffinity(self, pid: int, cpusetsize: int, mask: int) -> int:
        """Store on which CPUs a process may run: there is one; see sched_getaffinity(2).

        Args:
            pid: of the process; 0 = this one.
            cpusetsize: bytes that there is room for.
            mask: where in memory the mask goes.

        Returns:
            The bytes of the mask.

        Raises:
            LinuxError: EINVAL for no room, or no whole words of 8 bytes; ESRCH; EFAULT.

        Source: kernel/sched/syscalls.c: SYSCALL_DEFINE3(sched_getaffinity) [v6.18].
        """
        return self._syscall(
            "sched_getaffinity",
            (pid, cpusetsize, mask),
            lambda *args: sched_getaffinity(self.task, *args),
        )

    def getcpu(self, cpu: int = 0, node: int = 0) -> None:
        """Store which CPU this is: there is one; see getcpu(2).

        Args:
            cpu: where in memory the number goes, 4 bytes; 0 = nowhere.
            node: the same for the number of its memory node.

        Raises:
            LinuxError: EFAULT.

        Source: kernel/sys.c: SYSCALL_DEFINE3(getcpu) [v6.18].
        """
        self._syscall("getcpu", (cpu, node), lambda *args: do_getcpu(self.task, *args))

    def clock_gettime(self, clockid: int, tp: int) -> None:
        """Store what time it is: that since the start of the machine; see clock_gettime(2).

        Args:
            clockid: CLOCK_*.
            tp: where in memory the struct timespec goes, 16 bytes.

        Raises:
            LinuxError: EINVAL for a clock that there is not; EFAULT.

        Source: kernel/time/posix-timers.c: SYSCALL_DEFINE2(clock_gettime) [v6.18].
        """
        self._syscall("clock_gettime", (clockid, tp), lambda *args: clock_gettime(self.task, *args))

    def clock_getres(self, clockid: int, res: int = 0) -> None:
        """Store what a clock counts by; see clock_getres(2).

        Args:
            clockid: CLOCK_*.
            res: where in memory the struct timespec goes, 16 bytes; 0 = nowhere.

        Raises:
            LinuxError: EINVAL for a clock that there is not; EFAULT.

        Source: kernel/time/posix-timers.c: SYSCALL_DEFINE2(clock_getres) [v6.18].
        """
        self._syscall("clock_getres", (clockid, res), lambda *args: clock_getres(self.task, *args))

    def gettimeofday(self, tv: int, tz: int = 0) -> None:
        """Store what time it is; see gettimeofday(2).

        Args:
            tv: where in memory the struct timeval goes, 16 bytes; 0 = nowhere.
            tz: the same for the struct timezone, 8 bytes.

        Raises:
            LinuxError: EFAULT.

        Source: kernel/time/time.c: SYSCALL_DEFINE2(gettimeofday) [v6.18].
        """
        self._syscall("gettimeofday", (tv, tz), lambda *args: gettimeofday(self.task, *args))

    def time(self, tloc: int = 0) -> int:
        """Return what time it is; see time(2).

        Args:
            tloc: where in memory it goes too, 8 bytes; 0 = nowhere.

        Returns:
            The seconds since the start of the machine.

        Raises:
            LinuxError: EFAULT.

        Source: kernel/time/time.c: SYSCALL_DEFINE1(time) [v6.18].
        """
        return self._syscall("time", (tloc,), lambda *args: do_time(self.task, *args))
