"""The calls by which a process asks who and where it is."""

from __future__ import annotations

from vmlab.model.linux.drivers.char.random import getrandom
from vmlab.model.linux.kernel.sys import (
    do_getpgid,
    do_getsid,
    do_setpgid,
    getpid,
    getppid,
    getuid,
    ksys_setsid,
    newuname,
)
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
