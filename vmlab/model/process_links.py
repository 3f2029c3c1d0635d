"""The calls of a process that make and exchange names of files."""

from __future__ import annotations

from vmlab.model.abi.fcntl import AT_FDCWD
from vmlab.model.linux.fs.namei_create import do_linkat, do_mknodat, do_symlinkat
from vmlab.model.linux.fs.namei_remove import do_renameat2
from vmlab.model.user_mode import UserMode


class LinkCalls(UserMode):
    """symlink, link, mknod and their kin."""

    def symlink(self, target: str, linkpath: str) -> None:
        """Make a symbolic link; see symlink(2).

        Args:
            target: the path where it leads, which need not be there.
            linkpath: the path of the link.

        Raises:
            LinuxError: EEXIST if there is something; ENOENT for an empty target, for a directory
                that is missing, and for a path that ends in a slash; ENOTDIR, ENAMETOOLONG, ELOOP.

        Source: fs/namei.c: SYSCALL_DEFINE2(symlink) [v6.18].
        """
        self._syscall(
            "symlink",
            (target, linkpath),
            lambda target, path: do_symlinkat(self.task, target, AT_FDCWD, path),
        )

    def symlinkat(self, target: str, newdirfd: int, linkpath: str) -> None:
        """Make a symbolic link, by a path from a directory on; see symlinkat(2).

        Args:
            target: the path where it leads, which need not be there.
            newdirfd: descriptor of the directory where a relative path begins; AT_FDCWD = the
                working directory.
            linkpath: the path of the link.

        Raises:
            LinuxError: as `symlink`; EBADF and ENOTDIR for the descriptor.

        Source: fs/namei.c: SYSCALL_DEFINE3(symlinkat) [v6.18].
        """
        self._syscall(
            "symlinkat",
            (target, newdirfd, linkpath),
            lambda *args: do_symlinkat(self.task, *args),
        )

    def link(self, oldpath: str, newpath: str) -> None:
        """Give a file one more name; see link(2).

        Args:
            oldpath: a path of it; a symbolic link is not followed.
            newpath: the path that it gets.

        Raises:
            LinuxError: EEXIST if there is something; EPERM for a directory; EXDEV from one file
                system to another; ENOENT, ENOTDIR, ENAMETOOLONG, ELOOP.

        Source: fs/namei.c: SYSCALL_DEFINE2(link) [v6.18].
        """
        self._syscall(
            "link",
            (oldpath, newpath),
            lambda old, new: do_linkat(self.task, AT_FDCWD, old, AT_FDCWD, new, 0),
        )

    def linkat(
        self, olddirfd: int, oldpath: str, newdirfd: int, newpath: str, flags: int = 0
    ) -> None:
        """Give a file one more name, by paths from directories on; see linkat(2).

        Args:
            olddirfd: descriptor of the directory where a relative path begins; AT_FDCWD = the
                working directory.
            oldpath: a path of the file.
            newdirfd: the same for the new path.
            newpath: the path that it gets.
            flags: AT_SYMLINK_FOLLOW: a symbolic link at the end is followed; AT_EMPTY_PATH: with an
                empty path it is the open file `olddirfd` itself, one of O_TMPFILE too.

        Raises:
            LinuxError: as `link`; EINVAL for other flags; EBADF and ENOTDIR for the descriptors.

        Source: fs/namei.c: SYSCALL_DEFINE5(linkat) [v6.18].
        """
        self._syscall(
            "linkat",
            (olddirfd, oldpath, newdirfd, newpath, flags),
            lambda *args: do_linkat(self.task, *args),
        )

    def mknod(self, path: str, mode: int = 0o100644, dev: int = 0) -> None:
        """Make a FIFO, a device, a socket or an empty file; see mknod(2).

        Args:
            path: its path.
            mode: its kind, S_IFIFO, S_IFCHR, S_IFBLK, S_IFSOCK or S_IFREG, and who may do what with
                it, without what `umask` takes away.
            dev: the number of a device: that of /dev/null is 0x103.

        Raises:
            LinuxError: EPERM for S_IFDIR; EINVAL for another kind; EEXIST if there is something;
                ENOENT, ENOTDIR, ENAMETOOLONG, ELOOP.

        Source: fs/namei.c: SYSCALL_DEFINE3(mknod) [v6.18].
        """
        self._syscall(
            "mknod", (path, mode, dev), lambda *args: do_mknodat(self.task, AT_FDCWD, *args)
        )

    def mknodat(self, dirfd: int, path: str, mode: int = 0o100644, dev: int = 0) -> None:
        """Make a FIFO or the like, by a path from a directory on; see mknodat(2).

        Args:
            dirfd: descriptor of the directory where a relative path begins; AT_FDCWD = the working
                directory.
            path: its path.
            mode: as `mknod` has it.
            dev: the number of a device.

        Raises:
            LinuxError: as `mknod`; EBADF and ENOTDIR for the descriptor.

        Source: fs/namei.c: SYSCALL_DEFINE4(mknodat) [v6.18].
        """
        self._syscall(
            "mknodat", (dirfd, path, mode, dev), lambda *args: do_mknodat(self.task, *args)
        )

    def renameat2(
        self, olddirfd: int, oldpath: str, newdirfd: int, newpath: str, flags: int = 0
    ) -> None:
        """Give a file or a directory another name, or exchange two names; see renameat2(2).

        Args:
            olddirfd: descriptor of the directory where a relative path begins; AT_FDCWD = the
                working directory.
            oldpath: its path.
            newdirfd: the same for the new path.
            newpath: the path that it gets.
            flags: RENAME_NOREPLACE: nothing has that name yet; RENAME_EXCHANGE: what has it gets
                the old one; RENAME_WHITEOUT leaves a device with the number 0 behind.

        Raises:
            LinuxError: as `renameat`; EINVAL for other flags; EEXIST with RENAME_NOREPLACE.

        Source: fs/namei.c: SYSCALL_DEFINE5(renameat2) [v6.18].
        """
        self._syscall(
            "renameat2",
            (olddirfd, oldpath, newdirfd, newpath, flags),
            lambda *args: do_renameat2(self.task, *args),
        )
