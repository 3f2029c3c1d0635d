"""The calls of a process that are about files and descriptors."""

from __future__ import annotations

from vmlab.model.linux.fs.fcntl import do_fcntl
from vmlab.model.linux.fs.file import close_fd, do_dup2
from vmlab.model.linux.fs.open import do_sys_ftruncate, do_sys_open
from vmlab.model.linux.fs.pipe import do_pipe
from vmlab.model.linux.fs.read_write import vfs_read, vfs_write
from vmlab.model.linux.mm.memfd import do_memfd_create
from vmlab.model.user_mode import UserMode


class FileCalls(UserMode):
    """open and its kin. What is read and written lies in user memory, and may fault."""

    def open(self, path: str, flags: int = 0) -> int:
        """Open a file; see open(2).

        Args:
            path: its path.
            flags: O_* bits.

        Returns:
            The lowest free descriptor.

        Raises:
            LinuxError: ENOENT if there is none, and no O_CREAT; EEXIST for O_EXCL if there is
                one; EISDIR for a directory to write to; ENOTDIR if a part of the path, or with
                O_DIRECTORY all of it, is not a directory; ENAMETOOLONG; EMFILE at RLIMIT_NOFILE.

        Source: fs/open.c: SYSCALL_DEFINE3(open) [v5.4].
        """
        return self._syscall(
            "open", (path, flags), lambda path, flags: do_sys_open(self.task, path, flags)
        )

    def memfd_create(self, name: str, flags: int = 0) -> int:
        """Make a nameless file in memory; see memfd_create(2).

        Args:
            name: what /proc shows for it, at most 249 bytes.
            flags: MFD_* bits: MFD_ALLOW_SEALING and MFD_NOEXEC_SEAL make a file that `fcntl` can
                seal.

        Returns:
            The lowest free descriptor.

        Raises:
            LinuxError: EINVAL for unknown flags, MFD_EXEC with MFD_NOEXEC_SEAL, a longer name;
                EMFILE at RLIMIT_NOFILE; ENOSYS for MFD_HUGETLB.

        Source: mm/memfd.c: SYSCALL_DEFINE2(memfd_create) [v6.18].
        """
        return self._syscall(
            "memfd_create",
            (name, flags),
            lambda name, flags: do_memfd_create(self.task, name, flags),
        )

    def pipe(self) -> tuple[int, int]:
        """Make a pipe; see pipe(2).

        Returns:
            The descriptor to read from, and the one to write to.

        Raises:
            LinuxError: EMFILE if RLIMIT_NOFILE has no room for both.

        Source: fs/pipe.c: SYSCALL_DEFINE1(pipe) [v5.4].
        """
        return self._syscall("pipe", (), lambda: do_pipe(self.task))

    def dup2(self, oldfd: int, newfd: int) -> int:
        """Make a descriptor refer to the same open file as another one; see dup2(2).

        Args:
            oldfd: the other one.
            newfd: the descriptor; what it referred to is closed.

        Returns:
            `newfd`.

        Raises:
            LinuxError: EBADF if `oldfd` is not open, or `newfd` is out of range.

        Source: fs/file.c: SYSCALL_DEFINE2(dup2) [v5.4].
        """
        return self._syscall(
            "dup2", (oldfd, newfd), lambda oldfd, newfd: do_dup2(self.task, oldfd, newfd)
        )

    def fcntl(self, fd: int, cmd: int, arg: int = 0) -> int:
        """Ask about a descriptor, change it, or seal its file; see fcntl(2).

        Args:
            fd: the descriptor.
            cmd: one of F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_ADD_SEALS,
                F_GET_SEALS.
            arg: for F_DUPFD and F_DUPFD_CLOEXEC the lowest descriptor that may be taken, for
                F_SETFD FD_CLOEXEC or 0, for F_ADD_SEALS the F_SEAL_* bits to add.

        Returns:
            The new descriptor, or the bits that the command asks for; else 0.

        Raises:
            LinuxError: EBADF if the descriptor is not open, or O_PATH and the command is about
                seals; EINVAL for another command, a file that cannot be sealed, unknown seals, a
                descriptor beyond RLIMIT_NOFILE; EMFILE if none is left below it; EPERM if the
                file is not open for writing or has F_SEAL_SEAL; EBUSY to F_SEAL_WRITE while a
                shared mapping of the file may be written.

        Source: fs/fcntl.c: SYSCALL_DEFINE3(fcntl) [v6.18].
        """
        return self._syscall(
            "fcntl", (fd, cmd, arg), lambda fd, cmd, arg: do_fcntl(self.task, fd, cmd, arg)
        )

    def close(self, fd: int) -> None:
        """Close a descriptor; see close(2).

        Args:
            fd: the descriptor.

        Raises:
            LinuxError: EBADF if it is not open.

        Source: fs/open.c: SYSCALL_DEFINE1(close) [v5.4].
        """
        self._syscall("close", (fd,), lambda fd: close_fd(self.task, fd))

    def ftruncate(self, fd: int, length: int) -> None:
        """Change the length of a file; see ftruncate(2).

        Args:
            fd: its descriptor.
            length: bytes; growing makes a hole.

        Raises:
            LinuxError: EINVAL for a negative length, or what is not a regular file opened for
                writing; EBADF if the descriptor is not open; EPERM if the file is sealed against
                it.

        Source: fs/open.c: SYSCALL_DEFINE2(ftruncate) [v5.4].
        """
        self._syscall(
            "ftruncate", (fd, length), lambda fd, length: do_sys_ftruncate(self.task, fd, length)
        )

    def read(self, fd: int, buf: int, count: int) -> int:
        """Read from a file into memory; see read(2).

        Args:
            fd: its descriptor; its position moves on.
            buf: where in memory the bytes go: an address in bytes.
            count: bytes, at most.

        Returns:
            How many bytes came; 0 at the end of the file.

        Raises:
            LinuxError: EBADF if the descriptor is not open for reading; EISDIR for a directory;
                EFAULT if not one byte could be stored; EINVAL past the largest offset; EAGAIN for
                an empty pipe, where Linux would sleep.

        Source: fs/read_write.c: SYSCALL_DEFINE3(read) [v5.4].
        """
        return self._syscall(
            "read",
            (fd, buf, count),
            lambda fd, buf, count: vfs_read(self.task, fd, buf, count, None),
        )

    def write(self, fd: int, buf: int, count: int) -> int:
        """Write memory to a file; see write(2).

        Args:
            fd: its descriptor; its position moves on.
            buf: where in memory the bytes are: an address in bytes.
            count: bytes, at most.

        Returns:
            How many bytes went.

        Raises:
            LinuxError: EBADF if the descriptor is not open for writing; EFAULT if not one byte
                could be read; EINVAL past the largest offset; ENOSPC if no frame is left;
                EPERM if the file is sealed against it.

        Source: fs/read_write.c: SYSCALL_DEFINE3(write) [v5.4].
        """
        return self._syscall(
            "write",
            (fd, buf, count),
            lambda fd, buf, count: vfs_write(self.task, fd, buf, count, None),
        )

    def pread(self, fd: int, buf: int, count: int, offset: int) -> int:
        """Read from a place in a file; see pread(2).

        Args:
            fd: its descriptor; its position stays.
            buf: where in memory the bytes go: an address in bytes.
            count: bytes, at most.
            offset: where in the file, in bytes.

        Returns:
            How many bytes came; 0 past the end of the file.

        Raises:
            LinuxError: as `read`; EINVAL for a negative offset; ESPIPE for a pipe.

        Source: fs/read_write.c: SYSCALL_DEFINE4(pread64) [v5.4].
        """
        return self._syscall(
            "pread64",
            (fd, buf, count, offset),
            lambda fd, buf, count, offset: vfs_read(self.task, fd, buf, count, offset),
        )

    def pwrite(self, fd: int, buf: int, count: int, offset: int) -> int:
        """Write to a place in a file; see pwrite(2).

        Args:
            fd: its descriptor; its position stays.
            buf: where in memory the bytes are: an address in bytes.
            count: bytes, at most.
            offset: where in the file, in bytes; with O_APPEND they go to its end.

        Returns:
            How many bytes went.

        Raises:
            LinuxError: as `write`; EINVAL for a negative offset; ESPIPE for a pipe.

        Source: fs/read_write.c: SYSCALL_DEFINE4(pwrite64) [v5.4].
        """
        return self._syscall(
            "pwrite64",
            (fd, buf, count, offset),
            lambda fd, buf, count, offset: vfs_write(self.task, fd, buf, count, offset),
        )
