"""The calls of a process on what paths name."""

from __future__ import annotations

from vmlab.model.abi.fcntl import AT_FDCWD, AT_SYMLINK_NOFOLLOW
from vmlab.model.linux.fs.d_path import getcwd
from vmlab.model.linux.fs.namei_create import do_mkdirat
from vmlab.model.linux.fs.namei_remove import do_renameat2, do_rmdir, do_unlinkat
from vmlab.model.linux.fs.open import do_chdir, do_faccessat, do_fchdir, do_sys_truncate
from vmlab.model.linux.fs.stat import do_newfstatat, do_readlinkat, do_statx
from vmlab.model.linux.kernel.sys import do_umask
from vmlab.model.user_mode import UserMode


class PathCalls(UserMode):
    """stat, mkdir and their kin."""

    def stat(self, path: str, statbuf: int) -> None:
        """Store what kind of file is at a path, its length and its pages; see stat(2).

        Args:
            path: its path.
            statbuf: where in memory the struct stat goes, 144 bytes: an address in bytes.

        Raises:
            LinuxError: ENOENT if there is none; ENOTDIR if a part of the path is not a directory;
                ENAMETOOLONG; EFAULT if it cannot be stored.

        Source: fs/stat.c: SYSCALL_DEFINE2(newstat) [v6.18].
        """
        self._syscall("stat", (path, statbuf), self._stat)

    def lstat(self, path: str, statbuf: int) -> None:
        """Store what kind of file is at a path, of a symbolic link itself; see lstat(2).

        Args:
            path: its path.
            statbuf: where in memory the struct stat goes, 144 bytes: an address in bytes.

        Raises:
            LinuxError: as `stat`.

        Source: fs/stat.c: SYSCALL_DEFINE2(newlstat) [v6.18].
        """
        self._syscall(
            "lstat",
            (path, statbuf),
            lambda path, buf: do_newfstatat(self.task, AT_FDCWD, path, buf, AT_SYMLINK_NOFOLLOW),
        )

    def _stat(self, path: str, statbuf: int) -> None:
        do_newfstatat(self.task, AT_FDCWD, path, statbuf, 0)

    def newfstatat(self, dirfd: int, path: str, statbuf: int, flags: int = 0) -> None:
        """Store what kind of file is at a path, from a directory on; see fstatat(2).

        Args:
            dirfd: descriptor of the directory where a relative path begins; AT_FDCWD = the working
                directory.
            path: its path.
            statbuf: where in memory the struct stat goes, 144 bytes: an address in bytes.
            flags: AT_EMPTY_PATH: with an empty path it is the open file `dirfd` itself;
                AT_SYMLINK_NOFOLLOW: a symbolic link itself.

        Raises:
            LinuxError: as `stat`; EINVAL for unknown flags; EBADF and ENOTDIR if the path is
                relative and the descriptor is not open, or not a directory.

        Source: fs/stat.c: SYSCALL_DEFINE4(newfstatat) [v6.18].
        """
        self._syscall(
            "newfstatat",
            (dirfd, path, statbuf, flags),
            lambda *args: do_newfstatat(self.task, *args),
        )

    def truncate(self, path: str, length: int) -> None:
        """Change the length of the file at a path; see truncate(2).

        Args:
            path: its path.
            length: bytes; growing makes a hole.

        Raises:
            LinuxError: EINVAL for a negative length; ENOENT if there is none; EISDIR, and EINVAL
                for what is no file either; ETXTBSY for a program that runs; ENOTDIR,
                ENAMETOOLONG.

        Source: fs/open.c: SYSCALL_DEFINE2(truncate) [v6.18].
        """
        self._syscall(
            "truncate",
            (path, length),
            lambda path, length: do_sys_truncate(self.task, path, length),
        )

    def access(self, path: str, mode: int) -> None:
        """Ask whether a file may be read, written or executed; see access(2).

        Args:
            path: its path.
            mode: R_OK, W_OK, X_OK; F_OK, 0, asks whether there is one.

        Raises:
            LinuxError: EACCES for X_OK if nobody may execute it: root may do all else; EINVAL for
                other bits; ENOENT if there is none; ENOTDIR, ENAMETOOLONG.

        Source: fs/open.c: SYSCALL_DEFINE2(access) [v6.18].
        """
        self._syscall(
            "access",
            (path, mode),
            lambda path, mode: do_faccessat(self.task, AT_FDCWD, path, mode),
        )

    def faccessat(self, dirfd: int, path: str, mode: int) -> None:
        """Ask whether a file may be used, by a path from a directory on; see faccessat(2).

        Args:
            dirfd: descriptor of the directory where a relative path begins; AT_FDCWD = the working
                directory.
            path: its path.
            mode: as `access` has it.

        Raises:
            LinuxError: as `access`; EBADF and ENOTDIR for the descriptor.

        Source: fs/open.c: SYSCALL_DEFINE3(faccessat) [v6.18].
        """
        self._syscall(
            "faccessat", (dirfd, path, mode), lambda *args: do_faccessat(self.task, *args)
        )

    def faccessat2(self, dirfd: int, path: str, mode: int, flags: int = 0) -> None:
        """Ask whether a file may be used, by a path from a directory on; see faccessat2(2).

        Args:
            dirfd: descriptor of the directory where a relative path begins; AT_FDCWD = the working
                directory.
            path: its path.
            mode: as `access` has it.
            flags: AT_EMPTY_PATH: with an empty path it is the open file `dirfd` itself;
                AT_SYMLINK_NOFOLLOW: a symbolic link itself; AT_EACCESS changes nothing here.

        Raises:
            LinuxError: as `faccessat`; EINVAL for other flags.

        Source: fs/open.c: SYSCALL_DEFINE4(faccessat2) [v6.18].
        """
        self._syscall(
            "faccessat2", (dirfd, path, mode, flags), lambda *args: do_faccessat(self.task, *args)
        )

    def statx(self, dirfd: int, path: str, flags: int, mask: int, buffer: int) -> None:
        """Store what kind of file is at a path, as far as it is asked for; see statx(2).

        Args:
            dirfd: descriptor of the directory where a relative path begins; AT_FDCWD = the working
                directory.
            path: its path.
            flags: AT_EMPTY_PATH: with an empty path it is the open file `dirfd` itself;
                AT_SYMLINK_NOFOLLOW: a symbolic link itself.
            mask: STATX_* bits: what is asked for.
            buffer: where in memory the struct statx goes, 256 bytes: an address in bytes.

        Raises:
            LinuxError: as `newfstatat`; EINVAL for a bit of the mask that there is not.

        Source: fs/stat.c: SYSCALL_DEFINE5(statx) [v6.18].
        """
        self._syscall(
            "statx", (dirfd, path, flags, mask, buffer), lambda *args: do_statx(self.task, *args)
        )

    def readlink(self, path: str, buf: int, bufsiz: int) -> int:
        """Ask where a symbolic link leads; see readlink(2).

        Args:
            path: its path.
            buf: where in memory the answer goes, without a zero byte at the end.
            bufsiz: bytes that there is room for.

        Returns:
            How many bytes it has.

        Raises:
            LinuxError: EINVAL for what is no link, and if there is no room; ENOENT if there is
                nothing; ENOTDIR, ENAMETOOLONG.

        Source: fs/stat.c: SYSCALL_DEFINE3(readlink) [v6.18].
        """
        return self._syscall(
            "readlink",
            (path, buf, bufsiz),
            lambda path, buf, bufsiz: do_readlinkat(self.task, AT_FDCWD, path, buf, bufsiz),
        )

    def readlinkat(self, dirfd: int, path: str, buf: int, bufsiz: int) -> int:
        """Ask where a symbolic link leads, by a path from a directory on; see readlinkat(2).

        Args:
            dirfd: descriptor of the directory where a relative path begins; AT_FDCWD = the working
                directory.
            path: its path.
            buf: where in memory the answer goes, without a zero byte at the end.
            bufsiz: bytes that there is room for.

        Returns:
            How many bytes it has.

        Raises:
            LinuxError: as `readlink`; EBADF and ENOTDIR for the descriptor.

        Source: fs/stat.c: SYSCALL_DEFINE4(readlinkat) [v6.18].
        """
        return self._syscall(
            "readlinkat",
            (dirfd, path, buf, bufsiz),
            lambda dirfd, path, buf, bufsiz: do_readlinkat(self.task, dirfd, path, buf, bufsiz),
        )

    def getcwd(self, buf: int, size: int) -> int:
        """Ask for the working directory; see getcwd(2).

        Args:
            buf: where in memory its path goes, with a zero byte at the end.
            size: bytes that there is room for.

        Returns:
            How many bytes it has, with the zero byte.

        Raises:
            LinuxError: ERANGE if there is too little room; ENOENT if it was taken away; EFAULT.

        Source: fs/d_path.c: SYSCALL_DEFINE2(getcwd) [v6.18].
        """
        return self._syscall("getcwd", (buf, size), lambda *args: getcwd(self.task, *args))

    def chdir(self, path: str) -> None:
        """Make a directory the working one, where relative paths begin; see chdir(2).

        Args:
            path: its path.

        Raises:
            LinuxError: ENOTDIR if it is none; ENOENT, ENAMETOOLONG.

        Source: fs/open.c: SYSCALL_DEFINE1(chdir) [v6.18].
        """
        self._syscall("chdir", (path,), lambda path: do_chdir(self.task, path))

    def fchdir(self, fd: int) -> None:
        """Make an open directory the working one; see fchdir(2).

        Args:
            fd: its descriptor.

        Raises:
            LinuxError: EBADF if it is not open; ENOTDIR if it is none.

        Source: fs/open.c: SYSCALL_DEFINE1(fchdir) [v6.18].
        """
        self._syscall("fchdir", (fd,), lambda fd: do_fchdir(self.task, fd))

    def mkdir(self, path: str, mode: int = 0o777) -> None:
        """Make a directory; see mkdir(2).

        Args:
            path: its path.
            mode: who may do what with it, without what `umask` takes away.

        Raises:
            LinuxError: EEXIST if there is something; ENOENT, ENOTDIR, ENAMETOOLONG.

        Source: fs/namei.c: SYSCALL_DEFINE2(mkdir) [v6.18].
        """
        self._syscall(
            "mkdir",
            (path, mode),
            lambda path, mode: do_mkdirat(self.task, AT_FDCWD, path, mode),
        )

    def mkdirat(self, dirfd: int, path: str, mode: int = 0o777) -> None:
        """Make a directory, by a path from a directory on; see mkdirat(2).

        Args:
            dirfd: descriptor of the directory where a relative path begins; AT_FDCWD = the working
                directory.
            path: its path.
            mode: as `mkdir` has it.

        Raises:
            LinuxError: as `mkdir`; EBADF and ENOTDIR for the descriptor.

        Source: fs/namei.c: SYSCALL_DEFINE3(mkdirat) [v6.18].
        """
        self._syscall("mkdirat", (dirfd, path, mode), lambda *args: do_mkdirat(self.task, *args))

    def rmdir(self, path: str) -> None:
        """Take an empty directory away; see rmdir(2).

        Args:
            path: its path.

        Raises:
            LinuxError: ENOTEMPTY if something is in it; ENOTDIR if it is none; EBUSY for the root
                and what is mounted; EINVAL for a path that ends in '.'; ENOENT, ENAMETOOLONG.

        Source: fs/namei.c: SYSCALL_DEFINE1(rmdir) [v6.18].
        """
        self._syscall("rmdir", (path,), lambda path: do_rmdir(self.task, AT_FDCWD, path))

    def unlink(self, path: str) -> None:
        """Take the name of a file away; it lives on while it is open or mapped; see unlink(2).

        Args:
            path: its path.

        Raises:
            LinuxError: EISDIR for a directory; EPERM for a device: those stay; ENOENT, ENOTDIR,
                ENAMETOOLONG.

        Source: fs/namei.c: SYSCALL_DEFINE1(unlink) [v6.18].
        """
        self._syscall("unlink", (path,), lambda path: do_unlinkat(self.task, AT_FDCWD, path, 0))

    def unlinkat(self, dirfd: int, path: str, flags: int = 0) -> None:
        """Take the name of a file or an empty directory away; see unlinkat(2).

        Args:
            dirfd: descriptor of the directory where a relative path begins; AT_FDCWD = the working
                directory.
            path: its path.
            flags: AT_REMOVEDIR for a directory.

        Raises:
            LinuxError: as `unlink` or `rmdir`; EINVAL for other flags; EBADF and ENOTDIR for the
                descriptor.

        Source: fs/namei.c: SYSCALL_DEFINE3(unlinkat) [v6.18].
        """
        self._syscall("unlinkat", (dirfd, path, flags), lambda *args: do_unlinkat(self.task, *args))

    def rename(self, oldpath: str, newpath: str) -> None:
        """Give a file or a directory another name; see rename(2).

        Args:
            oldpath: its path.
            newpath: the path that it gets; what is there loses it.

        Raises:
            LinuxError: EBUSY for '.', '..', the root and what is mounted; EINVAL if a directory
                would lie in itself; EISDIR, ENOTDIR or ENOTEMPTY if what is there cannot make
                room; EPERM for a device: those stay; ENOENT, ENAMETOOLONG.

        Source: fs/namei.c: SYSCALL_DEFINE2(rename) [v6.18].
        """
        self._syscall(
            "rename",
            (oldpath, newpath),
            lambda old, new: do_renameat2(self.task, AT_FDCWD, old, AT_FDCWD, new, 0),
        )

    def renameat(self, olddirfd: int, oldpath: str, newdirfd: int, newpath: str) -> None:
        """Give a file or a directory another name, by paths from directories on; see renameat(2).

        Args:
            olddirfd: descriptor of the directory where a relative path begins; AT_FDCWD = the
                working directory.
            oldpath: its path.
            newdirfd: the same for the new path.
            newpath: the path that it gets; what is there loses it.

        Raises:
            LinuxError: as `rename`; EBADF and ENOTDIR for the descriptors.

        Source: fs/namei.c: SYSCALL_DEFINE4(renameat) [v6.18].
        """
        self._syscall(
            "renameat",
            (olddirfd, oldpath, newdirfd, newpath),
            lambda fd, old, to, new: do_renameat2(self.task, fd, old, to, new, 0),
        )

    def umask(self, mask: int) -> int:
        """Say which rights new files of this process do not get; see umask(2).

        Args:
            mask: the rights, as bits; the lowest 9 count.

        Returns:
            Those that they did not get before.

        Raises:
            LinuxError: never.

        Source: kernel/sys.c: SYSCALL_DEFINE1(umask) [v6.18].
        """
        return self._syscall("umask", (mask,), lambda mask: do_umask(self.task, mask))
