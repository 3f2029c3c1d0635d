"""How files will be read, what is to be written now, and which file system they are on."""

from __future__ import annotations

from vmlab.model.linux.fs.statfs import do_fstatfs, do_statfs
from vmlab.model.linux.fs.sync import ksys_sync_file_range
from vmlab.model.linux.mm.fadvise import ksys_fadvise64_64, ksys_readahead
from vmlab.model.user_mode import UserMode


class AdviceCalls(UserMode):
    """posix_fadvise and its kin."""

    def posix_fadvise(self, fd: int, offset: int, length: int, advice: int) -> None:
        """Say how a part of a file will be read; see posix_fadvise(2).

        Args:
            fd: its descriptor.
            offset: bytes: where the part begins.
            length: bytes; 0 = up to the end.
            advice: POSIX_FADV_WILLNEED reads it now, POSIX_FADV_DONTNEED takes clean pages out of
                the cache, POSIX_FADV_SEQUENTIAL and POSIX_FADV_RANDOM say how far to read ahead;
                of a file in memory nobody listens.

        Raises:
            LinuxError: EBADF if it is not open, or O_PATH; ESPIPE for a pipe; EINVAL for a negative
                length, and for other advice.

        Source: mm/fadvise.c: SYSCALL_DEFINE4(fadvise64) [v6.18].
        """
        self._syscall(
            "fadvise64",
            (fd, offset, length, advice),
            lambda *args: ksys_fadvise64_64(self.task, *args),
        )

    def readahead(self, fd: int, offset: int, count: int) -> None:
        """Read a part of a file before it is needed; see readahead(2).

        Args:
            fd: its descriptor.
            offset: bytes: where the part begins.
            count: bytes.

        Raises:
            LinuxError: EBADF if it is not open for reading; EINVAL for what is no file.

        Source: mm/readahead.c: SYSCALL_DEFINE3(readahead) [v6.18].
        """
        self._syscall(
            "readahead", (fd, offset, count), lambda *args: ksys_readahead(self.task, *args)
        )

    def sync_file_range(self, fd: int, offset: int, nbytes: int, flags: int = 0) -> None:
        """Write the dirty pages of a part of a file to its disk; see sync_file_range(2).

        Args:
            fd: its descriptor.
            offset: bytes: where the part begins.
            nbytes: bytes; 0 = up to the end.
            flags: SYNC_FILE_RANGE_WRITE writes; nobody has to wait, as the others ask for.

        Raises:
            LinuxError: EBADF if it is not open, or O_PATH; EINVAL for other flags and for a part
                that cannot be; ESPIPE for a pipe or a device.

        Source: fs/sync.c: SYSCALL_DEFINE4(sync_file_range) [v6.18].
        """
        self._syscall(
            "sync_file_range",
            (fd, offset, nbytes, flags),
            lambda *args: ksys_sync_file_range(self.task, *args),
        )

    def statfs(self, path: str, buf: int) -> None:
        """Store what the file system of a path is, and its room; see statfs(2).

        Args:
            path: the path.
            buf: where in memory the struct statfs goes, 120 bytes.

        Raises:
            LinuxError: as `stat`.

        Source: fs/statfs.c: SYSCALL_DEFINE2(statfs) [v6.18].
        """
        self._syscall("statfs", (path, buf), lambda *args: do_statfs(self.task, *args))

    def fstatfs(self, fd: int, buf: int) -> None:
        """Store what the file system of an open file is, and its room; see fstatfs(2).

        Args:
            fd: descriptor.
            buf: where in memory the struct statfs goes, 120 bytes.

        Raises:
            LinuxError: EBADF; EFAULT.

        Source: fs/statfs.c: SYSCALL_DEFINE2(fstatfs) [v6.18].
        """
        self._syscall("fstatfs", (fd, buf), lambda *args: do_fstatfs(self.task, *args))
