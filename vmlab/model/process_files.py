"""The calls of a process that are about files and descriptors."""

from __future__ import annotations

from vmlab.model.abi.fcntl import AT_FDCWD, O_CREAT, O_TRUNC, O_WRONLY
from vmlab.model.linux.fs.fcntl import do_fcntl
from vmlab.model.linux.fs.file import close_fd, do_close_range, do_dup, do_dup2, do_dup3
from vmlab.model.linux.fs.ioctl import do_ioctl
from vmlab.model.linux.fs.lock_calls import do_flock
from vmlab.model.linux.fs.open import do_sys_ftruncate, do_sys_openat2, ksys_fallocate
from vmlab.model.linux.fs.pipe import do_pipe2
from vmlab.model.linux.fs.stat import do_fstat
from vmlab.model.linux.fs.sync import do_fsync, ksys_sync
from vmlab.model.linux.mm.memfd import do_memfd_create
from vmlab.model.user_mode import UserMode


class FileCalls(UserMode):
    """open and its kin."""

    def open(self, path: str, flags: int = 0, mode: int = 0o777) -> int:
        """Open a file; see open(2).

        Args:
            path: its path.
            flags: O_* bits.
            mode: who may do what with a file that is made, without what `umask` takes away.

        Returns:
            The lowest free descriptor.

        Raises:
            LinuxError: ENOENT if there is none, and no O_CREAT; EEXIST for O_EXCL if there is
                one; EISDIR for a directory to write to or to make; ENOTDIR if a part of the path,
                or with O_DIRECTORY all of it, is not a directory; EINVAL for flags that exclude
                each other, or O_DIRECT where it is not possible; ETXTBSY to write to a program that
                runs; ELOOP for a symbolic link at the end, with O_NOFOLLOW, and for too many of
                them; ENXIO for a device that there is not, and to write to a FIFO that nobody
                reads, with O_NONBLOCK; ENAMETOOLONG; EMFILE at RLIMIT_NOFILE.

        Source: fs/open.c: SYSCALL_DEFINE3(open) [v5.4].
        """
        return self._syscall(
            "open",
            (path, flags, mode),
            lambda path, flags, mode: do_sys_openat2(self.task, AT_FDCWD, path, flags, mode),
        )

    def creat(self, path: str, mode: int = 0o777) -> int:
        """Make a file, or cut one to nothing, and open it to write to it; see creat(2).

        Args:
            path: its path.
            mode: who may do what with it, as `open` has it.

        Returns:
            The lowest free descriptor.

        Raises:
            LinuxError: as `open`.

        Source: fs/open.c: SYSCALL_DEFINE2(creat) [v6.18].
        """
        flags = O_CREAT | O_WRONLY | O_TRUNC
        return self._syscall(
            "creat",
            (path, mode),
            lambda path, mode: do_sys_openat2(self.task, AT_FDCWD, path, flags, mode),
        )

    def openat(self, dirfd: int, path: str, flags: int = 0, mode: int = 0o777) -> int:
        """Open a file by a path from a directory on; see openat(2).

        Args:
            dirfd: descriptor of the directory where a relative path begins; AT_FDCWD = the working
                directory.
            path: its path.
            flags: O_* bits.
            mode: who may do what with a file that is made, without what `umask` takes away.

        Returns:
            The lowest free descriptor.

        Raises:
            LinuxError: as `open`; EBADF and ENOTDIR if the path is relative and the descriptor is
                not open, or not a directory.

        Source: fs/open.c: SYSCALL_DEFINE4(openat) [v6.18].
        """
        return self._syscall(
            "openat",
            (dirfd, path, flags, mode),
            lambda *args: do_sys_openat2(self.task, *args),
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
        return self._syscall("pipe", (), lambda: do_pipe2(self.task, 0))

    def pipe2(self, flags: int = 0) -> tuple[int, int]:
        """Make a pipe whose descriptors have flags; see pipe2(2).

        Args:
            flags: O_CLOEXEC lets execve close them; O_NONBLOCK lets reading and writing fail with
                EAGAIN where they would sleep.

        Returns:
            The descriptor to read from, and the one to write to.

        Raises:
            LinuxError: EINVAL for other flags; EMFILE if RLIMIT_NOFILE has no room for both.

        Source: fs/pipe.c: SYSCALL_DEFINE2(pipe2) [v5.4].
        """
        return self._syscall("pipe2", (flags,), lambda flags: do_pipe2(self.task, flags))

    def dup(self, oldfd: int) -> int:
        """Make one more descriptor refer to the same open file; see dup(2).

        Args:
            oldfd: a descriptor of it.

        Returns:
            The lowest free descriptor.

        Raises:
            LinuxError: EBADF if `oldfd` is not open; EMFILE at RLIMIT_NOFILE.

        Source: fs/file.c: SYSCALL_DEFINE1(dup) [v5.4].
        """
        return self._syscall("dup", (oldfd,), lambda oldfd: do_dup(self.task, oldfd))

    def dup3(self, oldfd: int, newfd: int, flags: int = 0) -> int:
        """Make a descriptor refer to the same open file as another one; see dup3(2).

        Args:
            oldfd: the other one.
            newfd: the descriptor; what it referred to is closed.
            flags: O_CLOEXEC lets execve close it.

        Returns:
            `newfd`.

        Raises:
            LinuxError: EINVAL for other flags, and if both are the same; EBADF if `oldfd` is not
                open, or `newfd` is out of range.

        Source: fs/file.c: SYSCALL_DEFINE3(dup3) [v5.4].
        """
        return self._syscall("dup3", (oldfd, newfd, flags), lambda *args: do_dup3(self.task, *args))

    def close_range(self, first: int, last: int, flags: int = 0) -> None:
        """Close all descriptors of a range; see close_range(2).

        Args:
            first: the lowest.
            last: the highest.
            flags: CLOSE_RANGE_CLOEXEC leaves it to execve; CLOSE_RANGE_UNSHARE leaves threads that
                share the table their descriptors.

        Raises:
            LinuxError: EINVAL for other flags, and if `first` is above `last`.

        Source: fs/file.c: SYSCALL_DEFINE3(close_range) [v6.18].
        """
        self._syscall(
            "close_range", (first, last, flags), lambda *args: do_close_range(self.task, *args)
        )

    def ioctl(self, fd: int, cmd: int, arg: int = 0) -> None:
        """Ask what only some kinds of open files know; see ioctl(2).

        Args:
            fd: the descriptor.
            cmd: TCGETS or TIOCGWINSZ of a terminal, FIONREAD of a file or a pipe, FIONBIO, FIOCLEX
                or FIONCLEX of all.
            arg: where in memory the answer goes, or a number of FIONBIO stands.

        Raises:
            LinuxError: EBADF if the descriptor is not open; ENOTTY for a command that such a file
                does not have; EFAULT.

        Source: fs/ioctl.c: SYSCALL_DEFINE3(ioctl) [v6.18].
        """
        self._syscall("ioctl", (fd, cmd, arg), lambda *args: do_ioctl(self.task, *args))

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
        """Ask about a descriptor, change it, or seal or lock its file; see fcntl(2).

        Args:
            fd: the descriptor.
            cmd: one of F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_SETFL,
                F_ADD_SEALS, F_GET_SEALS, F_GETLK, F_SETLK, F_SETLKW, F_OFD_GETLK, F_OFD_SETLK,
                F_OFD_SETLKW.
            arg: for F_DUPFD and F_DUPFD_CLOEXEC the lowest descriptor that may be taken, for
                F_SETFD FD_CLOEXEC or 0, for F_SETFL the O_* bits, of which O_APPEND, O_NONBLOCK,
                O_DIRECT and O_NOATIME count, for F_ADD_SEALS the F_SEAL_* bits to add,
                for locks where the struct flock is, an address in bytes.

        Returns:
            The new descriptor, or the bits that the command asks for; else 0.

        Raises:
            LinuxError: EBADF if the descriptor is not open, or O_PATH and the command is F_SETFL
                or about seals; EINVAL for another command, a file that cannot be sealed or has no
                O_DIRECT, unknown seals, a descriptor beyond RLIMIT_NOFILE; EMFILE if none is left
                below it; EPERM if the file is not open for writing or has F_SEAL_SEAL; EBUSY to
                F_SEAL_WRITE while a shared mapping of the file may be written; EAGAIN while another
                lock stands in the way of one; EDEADLK if its owner waits for the caller; EOVERFLOW
                past the largest offset; EFAULT.

        Source: fs/fcntl.c: SYSCALL_DEFINE3(fcntl) [v6.18].
        """
        return self._syscall("fcntl", (fd, cmd, arg), lambda *args: self._sent(do_fcntl, *args))

    def flock(self, fd: int, operation: int) -> None:
        """Lock a file for those who ask, or give it free; see flock(2).

        Args:
            fd: its descriptor; the lock belongs to the open file.
            operation: LOCK_SH for a lock that others may have too, LOCK_EX for one that nobody
                else has, LOCK_UN to give it free; with LOCK_NB it does not wait.

        Raises:
            LinuxError: EBADF if the descriptor is not open, or O_PATH; EINVAL for another
                operation; EAGAIN while another has a lock on it.

        Source: fs/locks.c: SYSCALL_DEFINE2(flock) [v6.18].
        """
        self._syscall("flock", (fd, operation), lambda *args: self._sent(do_flock, *args))

    def close(self, fd: int) -> None:
        """Close a descriptor; see close(2).

        Args:
            fd: the descriptor.

        Raises:
            LinuxError: EBADF if it is not open.

        Source: fs/open.c: SYSCALL_DEFINE1(close) [v5.4].
        """
        self._syscall("close", (fd,), lambda fd: close_fd(self.task, fd))

    def fstat(self, fd: int, statbuf: int) -> None:
        """Store what kind of file is open, its length and its pages; see fstat(2).

        Args:
            fd: its descriptor.
            statbuf: where in memory the struct stat goes, 144 bytes: an address in bytes.

        Raises:
            LinuxError: EBADF if the descriptor is not open; EFAULT if it cannot be stored.

        Source: fs/stat.c: SYSCALL_DEFINE2(newfstat) [v6.18].
        """
        self._syscall("fstat", (fd, statbuf), lambda fd, statbuf: do_fstat(self.task, fd, statbuf))

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

    def fallocate(self, fd: int, mode: int, offset: int, length: int) -> None:
        """Give a part of a file its pages, or take them away; see fallocate(2).

        Pages that nobody has used yet still count as a hole for `lseek`.

        Args:
            fd: its descriptor.
            mode: 0, or FALLOC_FL_KEEP_SIZE if the file is to stay as long as it is; with
                FALLOC_FL_PUNCH_HOLE too it makes a hole.
            offset: where the part begins, in bytes.
            length: bytes.

        Raises:
            LinuxError: EINVAL for a negative offset, or a length that is not positive; EOPNOTSUPP
                for another mode; EBADF if the descriptor is not open for writing; ESPIPE for a
                pipe, ENODEV for what is no file either; EFBIG past the largest file; EPERM if the
                file is sealed against it; ENOSPC if no frame is left, EINTR for an interrupt: then
                no page was added.

        Source: fs/open.c: SYSCALL_DEFINE4(fallocate) [v6.18].
        """
        self._syscall(
            "fallocate",
            (fd, mode, offset, length),
            lambda fd, mode, offset, length: ksys_fallocate(self.task, fd, mode, offset, length),
        )

    def fsync(self, fd: int) -> None:
        """Write the dirty pages of a file to its disk; see fsync(2).

        The next store to such a page through a shared mapping faults, and makes it dirty again.

        Args:
            fd: its descriptor.

        Raises:
            LinuxError: EBADF if the descriptor is not open; EINVAL for a pipe or a device.

        Source: fs/sync.c: SYSCALL_DEFINE1(fsync) [v5.4].
        """
        self._syscall("fsync", (fd,), lambda fd: do_fsync(self.task, fd))

    def fdatasync(self, fd: int) -> None:
        """Write the dirty pages of a file to its disk, but not its times; see fdatasync(2).

        Args:
            fd: its descriptor.

        Raises:
            LinuxError: as `fsync`.

        Source: fs/sync.c: SYSCALL_DEFINE1(fdatasync) [v5.4].
        """
        self._syscall("fdatasync", (fd,), lambda fd: do_fsync(self.task, fd))

    def sync(self) -> None:
        """Write the dirty pages of all files to their disks; see sync(2).

        Raises:
            LinuxError: never.

        Source: fs/sync.c: SYSCALL_DEFINE0(sync) [v5.4].
        """
        self._syscall("sync", (), lambda: ksys_sync(self.task.system))
