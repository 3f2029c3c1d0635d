"""The calls of a process that read and write files."""

from __future__ import annotations

from vmlab.model.linux.fs.read_write import (
    do_copy_file_range,
    do_sendfile,
    ksys_lseek,
    vfs_read,
    vfs_readv,
    vfs_write,
    vfs_writev,
)
from vmlab.model.linux.fs.readdir import getdents, getdents64
from vmlab.model.user_mode import UserMode


class ReadWriteCalls(UserMode):
    """read and its kin. What is read and written lies in user memory, and may fault."""

    def lseek(self, fd: int, offset: int, whence: int = 0) -> int:
        """Move to another place in a file, or find data or a hole in it; see lseek(2).

        Args:
            fd: its descriptor.
            offset: bytes.
            whence: SEEK_SET to count from the beginning, SEEK_CUR from the position, SEEK_END from
                the end; SEEK_DATA and SEEK_HOLE look for the next data or hole from there on.

        Returns:
            The position now, in bytes.

        Raises:
            LinuxError: EBADF if the descriptor is not open; EINVAL for another whence, a position
                that is negative or past the largest offset; ENXIO if there is no data or hole;
                ESPIPE for a pipe.

        Source: fs/read_write.c: SYSCALL_DEFINE3(lseek) [v6.18].
        """
        return self._syscall(
            "lseek",
            (fd, offset, whence),
            lambda fd, offset, whence: ksys_lseek(self.task, fd, offset, whence),
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
                EPERM if the file is sealed against it; EPIPE for a pipe that nobody is left to
                read from: SIGPIPE comes, too.

        Source: fs/read_write.c: SYSCALL_DEFINE3(write) [v5.4].
        """
        return self._syscall(
            "write",
            (fd, buf, count),
            lambda fd, buf, count: self._sent(vfs_write, fd, buf, count, None),
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

    def readv(self, fd: int, iov: int, iovcnt: int) -> int:
        """Read from a file into pieces of memory; see readv(2).

        Args:
            fd: its descriptor; its position moves on.
            iov: where in memory the struct iovec are, which tell the address and the bytes of each
                piece: an address in bytes.
            iovcnt: how many there are, at most 1024.

        Returns:
            How many bytes came; 0 at the end of the file.

        Raises:
            LinuxError: as `read`; EINVAL for more pieces, or one of a negative length; EFAULT if
                the pieces cannot be read, or one leaves user space.

        Source: fs/read_write.c: SYSCALL_DEFINE3(readv) [v6.18].
        """
        return self._syscall(
            "readv",
            (fd, iov, iovcnt),
            lambda fd, iov, iovcnt: vfs_readv(self.task, fd, iov, iovcnt, None),
        )

    def writev(self, fd: int, iov: int, iovcnt: int) -> int:
        """Write pieces of memory to a file; see writev(2).

        Args:
            fd: its descriptor; its position moves on.
            iov: where in memory the struct iovec are, which tell the address and the bytes of each
                piece: an address in bytes.
            iovcnt: how many there are, at most 1024.

        Returns:
            How many bytes went.

        Raises:
            LinuxError: as `write`; EINVAL for more pieces, or one of a negative length; EFAULT if
                the pieces cannot be read, or one leaves user space.

        Source: fs/read_write.c: SYSCALL_DEFINE3(writev) [v6.18].
        """
        return self._syscall(
            "writev",
            (fd, iov, iovcnt),
            lambda fd, iov, iovcnt: self._sent(vfs_writev, fd, iov, iovcnt, None),
        )

    def preadv(self, fd: int, iov: int, iovcnt: int, offset: int) -> int:
        """Read from a place in a file into pieces of memory; see preadv(2).

        Args:
            fd: its descriptor; its position stays.
            iov: where in memory the struct iovec are, which tell the address and the bytes of each
                piece: an address in bytes.
            iovcnt: how many there are, at most 1024.
            offset: where in the file, in bytes.

        Returns:
            How many bytes came; 0 past the end of the file.

        Raises:
            LinuxError: as `pread`; EINVAL for more pieces, or one of a negative length; EFAULT if
                the pieces cannot be read, or one leaves user space.

        Source: fs/read_write.c: SYSCALL_DEFINE5(preadv) [v6.18].
        """
        return self._syscall(
            "preadv",
            (fd, iov, iovcnt, offset),
            lambda fd, iov, iovcnt, offset: vfs_readv(self.task, fd, iov, iovcnt, offset),
        )

    def pwritev(self, fd: int, iov: int, iovcnt: int, offset: int) -> int:
        """Write pieces of memory to a place in a file; see pwritev(2).

        Args:
            fd: its descriptor; its position stays.
            iov: where in memory the struct iovec are, which tell the address and the bytes of each
                piece: an address in bytes.
            iovcnt: how many there are, at most 1024.
            offset: where in the file, in bytes.

        Returns:
            How many bytes went.

        Raises:
            LinuxError: as `pwrite`; EINVAL for more pieces, or one of a negative length; EFAULT if
                the pieces cannot be read, or one leaves user space.

        Source: fs/read_write.c: SYSCALL_DEFINE5(pwritev) [v6.18].
        """
        return self._syscall(
            "pwritev",
            (fd, iov, iovcnt, offset),
            lambda fd, iov, iovcnt, offset: vfs_writev(self.task, fd, iov, iovcnt, offset),
        )

    def sendfile(self, out_fd: int, in_fd: int, offset: int | None, count: int) -> int:
        """Write to a file what another one holds; see sendfile(2).

        Args:
            out_fd: descriptor to write to.
            in_fd: descriptor to read from: a file.
            offset: where in memory it stands where to read, 8 bytes, which moves on; None or 0 =
                at the position of the file.
            count: bytes, at most.

        Returns:
            How many bytes went; a pipe takes as many as it has room for.

        Raises:
            LinuxError: as `read` and `write`; EINVAL for what is no file, and for a file that is
                written to at its end.

        Source: fs/read_write.c: SYSCALL_DEFINE4(sendfile64) [v6.18].
        """
        return self._syscall(
            "sendfile",
            (out_fd, in_fd, offset, count),
            lambda out_fd, in_fd, offset, count: self._sent(
                do_sendfile, out_fd, in_fd, offset or 0, count
            ),
        )

    def copy_file_range(
        self,
        fd_in: int,
        off_in: int | None,
        fd_out: int,
        off_out: int | None,
        length: int,
        flags: int = 0,
    ) -> int:
        """Copy a part of a file to another file, or within it; see copy_file_range(2).

        Args:
            fd_in: descriptor of the file to read from.
            off_in: where in memory it stands where to read, 8 bytes, which moves on; None or 0 =
                at the position of the file.
            fd_out: descriptor of the file to write to.
            off_out: the same of where to write.
            length: bytes, at most.
            flags: 0.

        Returns:
            How many bytes were copied; 0 at the end of the file.

        Raises:
            LinuxError: EBADF for a descriptor that was not opened so, or that writes at the end;
                EISDIR, and EINVAL for what is no file either, for parts that overlap, and for
                flags; EXDEV from one file system to another; EOVERFLOW and EFBIG past the largest
                offset; EFAULT.

        Source: fs/read_write.c: SYSCALL_DEFINE6(copy_file_range) [v6.18].
        """
        return self._syscall(
            "copy_file_range",
            (fd_in, off_in, fd_out, off_out, length, flags),
            lambda one, off_in, other, off_out, *args: do_copy_file_range(
                self.task, one, off_in or 0, other, off_out or 0, *args
            ),
        )

    def getdents(self, fd: int, dirp: int, count: int) -> int:
        """Ask what is in an open directory, in the form of old programs; see getdents(2).

        Args:
            fd: its descriptor; its position moves on.
            dirp: where in memory the struct linux_dirent go: an address in bytes.
            count: bytes that there is room for.

        Returns:
            How many bytes came; 0 at the end.

        Raises:
            LinuxError: as `getdents64`.

        Source: fs/readdir.c: SYSCALL_DEFINE3(getdents) [v6.18].
        """
        return self._syscall(
            "getdents", (fd, dirp, count), lambda *args: getdents(self.task, *args)
        )

    def getdents64(self, fd: int, dirp: int, count: int) -> int:
        """Ask what is in an open directory; see getdents64(2).

        Args:
            fd: its descriptor; its position moves on.
            dirp: where in memory the struct linux_dirent64 go: an address in bytes.
            count: bytes that there is room for.

        Returns:
            How many bytes came; 0 at the end.

        Raises:
            LinuxError: EBADF; ENOTDIR; ENOENT if the directory was taken away; EINVAL if there is
                no room for one entry; EFAULT.

        Source: fs/readdir.c: SYSCALL_DEFINE3(getdents64) [v6.18].
        """
        return self._syscall(
            "getdents64",
            (fd, dirp, count),
            lambda fd, dirp, count: getdents64(self.task, fd, dirp, count),
        )
