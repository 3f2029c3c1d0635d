"""The calls of a process on rights, owners and times of files."""

from __future__ import annotations

from vmlab.model.abi.fcntl import AT_FDCWD, AT_SYMLINK_NOFOLLOW
from vmlab.model.linux.fs.attr import do_fchmod, do_fchmodat, do_fchownat, ksys_fchown
from vmlab.model.linux.fs.utimes import do_futimesat, do_utime, do_utimensat
from vmlab.model.user_mode import UserMode


class AttributeCalls(UserMode):
    """chmod, chown, utimensat and their kin."""

    def chmod(self, path: str, mode: int) -> None:
        """Say who may do what with a file; see chmod(2).

        Args:
            path: its path.
            mode: the rights, with S_ISUID, S_ISGID and S_ISVTX.

        Raises:
            LinuxError: ENOENT if there is none; ENOTDIR, ENAMETOOLONG, ELOOP; EPERM in /proc.

        Source: fs/open.c: SYSCALL_DEFINE2(chmod) [v6.18].
        """
        self._syscall("chmod", (path, mode), lambda *args: do_fchmodat(self.task, AT_FDCWD, *args))

    def fchmod(self, fd: int, mode: int) -> None:
        """Say who may do what with an open file; see fchmod(2).

        Args:
            fd: its descriptor.
            mode: the rights, as `chmod` has them.

        Raises:
            LinuxError: EBADF if it is not open, or O_PATH; EPERM in /proc.

        Source: fs/open.c: SYSCALL_DEFINE2(fchmod) [v6.18].
        """
        self._syscall("fchmod", (fd, mode), lambda *args: do_fchmod(self.task, *args))

    def fchmodat(self, dirfd: int, path: str, mode: int) -> None:
        """Say who may do what with a file, by a path from a directory on; see fchmodat(2).

        Args:
            dirfd: descriptor of the directory where a relative path begins; AT_FDCWD = the working
                directory.
            path: its path.
            mode: the rights, as `chmod` has them.

        Raises:
            LinuxError: as `chmod`; EBADF and ENOTDIR for the descriptor.

        Source: fs/open.c: SYSCALL_DEFINE3(fchmodat) [v6.18].
        """
        self._syscall("fchmodat", (dirfd, path, mode), lambda *args: do_fchmodat(self.task, *args))

    def fchmodat2(self, dirfd: int, path: str, mode: int, flags: int = 0) -> None:
        """Say who may do what with a file, by a path from a directory on; see fchmodat2(2).

        Args:
            dirfd: descriptor of the directory where a relative path begins; AT_FDCWD = the working
                directory.
            path: its path.
            mode: the rights, as `chmod` has them.
            flags: AT_SYMLINK_NOFOLLOW: of a symbolic link itself, which has none; AT_EMPTY_PATH:
                with an empty path it is the open file `dirfd` itself.

        Raises:
            LinuxError: as `fchmodat`; EINVAL for other flags; EOPNOTSUPP for a symbolic link.

        Source: fs/open.c: SYSCALL_DEFINE4(fchmodat2) [v6.18].
        """
        self._syscall(
            "fchmodat2", (dirfd, path, mode, flags), lambda *args: do_fchmodat(self.task, *args)
        )

    def chown(self, path: str, owner: int, group: int) -> None:
        """Give a file another owner or another group; see chown(2).

        S_ISUID goes, and S_ISGID if the group may execute it; a directory keeps them.

        Args:
            path: its path.
            owner: the number of the user; -1 = as it is.
            group: the number of the group; -1 = as it is.

        Raises:
            LinuxError: ENOENT if there is none; ENOTDIR, ENAMETOOLONG, ELOOP.

        Source: fs/open.c: SYSCALL_DEFINE3(chown) [v6.18].
        """
        self._syscall(
            "chown",
            (path, owner, group),
            lambda path, owner, group: do_fchownat(self.task, AT_FDCWD, path, owner, group, 0),
        )

    def fchown(self, fd: int, owner: int, group: int) -> None:
        """Give an open file another owner or another group; see fchown(2).

        Args:
            fd: its descriptor.
            owner: as `chown` has it.
            group: as `chown` has it.

        Raises:
            LinuxError: EBADF if it is not open, or O_PATH.

        Source: fs/open.c: SYSCALL_DEFINE3(fchown) [v6.18].
        """
        self._syscall("fchown", (fd, owner, group), lambda *args: ksys_fchown(self.task, *args))

    def lchown(self, path: str, owner: int, group: int) -> None:
        """Give a file, or a symbolic link itself, another owner or another group; see lchown(2).

        Args:
            path: its path.
            owner: as `chown` has it.
            group: as `chown` has it.

        Raises:
            LinuxError: as `chown`.

        Source: fs/open.c: SYSCALL_DEFINE3(lchown) [v6.18].
        """
        self._syscall(
            "lchown",
            (path, owner, group),
            lambda path, owner, group: do_fchownat(
                self.task, AT_FDCWD, path, owner, group, AT_SYMLINK_NOFOLLOW
            ),
        )

    def fchownat(self, dirfd: int, path: str, owner: int, group: int, flags: int = 0) -> None:
        """Give a file another owner or group, by a path from a directory on; see fchownat(2).

        Args:
            dirfd: descriptor of the directory where a relative path begins; AT_FDCWD = the working
                directory.
            path: its path.
            owner: as `chown` has it.
            group: as `chown` has it.
            flags: AT_SYMLINK_NOFOLLOW: of a symbolic link itself; AT_EMPTY_PATH: with an empty path
                it is the open file `dirfd` itself.

        Raises:
            LinuxError: as `chown`; EINVAL for other flags; EBADF and ENOTDIR for the descriptor.

        Source: fs/open.c: SYSCALL_DEFINE5(fchownat) [v6.18].
        """
        self._syscall(
            "fchownat",
            (dirfd, path, owner, group, flags),
            lambda *args: do_fchownat(self.task, *args),
        )

    def utime(self, path: str, times: int | None = None) -> None:
        """Say when a file was read and written to, in seconds; see utime(2).

        Args:
            path: its path.
            times: where in memory a struct utimbuf stands, 16 bytes: an address in bytes; None or
                0 = now.

        Raises:
            LinuxError: EFAULT if that cannot be read; ENOENT, ENOTDIR, ENAMETOOLONG, ELOOP.

        Source: fs/utimes.c: SYSCALL_DEFINE2(utime) [v6.18].
        """
        self._syscall(
            "utime", (path, times), lambda path, times: do_utime(self.task, path, times or 0)
        )

    def utimes(self, path: str, times: int | None = None) -> None:
        """Say when a file was read and written to, in microseconds; see utimes(2).

        Args:
            path: its path.
            times: where in memory two struct timeval stand, 32 bytes: an address in bytes; None or
                0 = now.

        Raises:
            LinuxError: as `utime`; EINVAL for more microseconds than a second has.

        Source: fs/utimes.c: SYSCALL_DEFINE2(utimes) [v6.18].
        """
        self._syscall(
            "utimes",
            (path, times),
            lambda path, times: do_futimesat(self.task, AT_FDCWD, path, times or 0),
        )

    def futimesat(self, dirfd: int, path: str | None, times: int | None = None) -> None:
        """Say when a file was read and written to, by a path from a directory on; see futimesat(2).

        Args:
            dirfd: descriptor of the directory where a relative path begins; AT_FDCWD = the working
                directory.
            path: its path; None = the open file `dirfd` itself.
            times: as `utimes` has it.

        Raises:
            LinuxError: as `utimes`; EBADF and ENOTDIR for the descriptor.

        Source: fs/utimes.c: SYSCALL_DEFINE3(futimesat) [v6.18].
        """
        self._syscall(
            "futimesat",
            (dirfd, path, times),
            lambda dirfd, path, times: do_futimesat(self.task, dirfd, path, times or 0),
        )

    def utimensat(
        self, dirfd: int, path: str | None, times: int | None = None, flags: int = 0
    ) -> None:
        """Say when a file was read and written to, in nanoseconds; see utimensat(2).

        Args:
            dirfd: descriptor of the directory where a relative path begins; AT_FDCWD = the working
                directory.
            path: its path; None = the open file `dirfd` itself.
            times: where in memory two struct timespec stand, 32 bytes: an address in bytes; None or
                0 = now. UTIME_NOW and UTIME_OMIT take the place of nanoseconds.
            flags: AT_SYMLINK_NOFOLLOW: of a symbolic link itself; AT_EMPTY_PATH: with an empty path
                it is the open file `dirfd` itself.

        Raises:
            LinuxError: as `utime`; EINVAL for more nanoseconds than a second has, for other flags,
                and for flags without a path; EBADF and ENOTDIR for the descriptor.

        Source: fs/utimes.c: SYSCALL_DEFINE4(utimensat) [v6.18].
        """
        self._syscall(
            "utimensat",
            (dirfd, path, times, flags),
            lambda dirfd, path, times, flags: do_utimensat(
                self.task, dirfd, path, times or 0, flags
            ),
        )
