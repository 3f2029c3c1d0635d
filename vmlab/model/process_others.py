"""The calls by which a process reaches other processes."""

from __future__ import annotations

from vmlab.model.linux.kernel.pid import pidfd_create
from vmlab.model.linux.kernel.wait import kernel_waitid
from vmlab.model.linux.mm.madvise import process_madvise
from vmlab.model.linux.mm.process_vm_access import process_vm_rw
from vmlab.model.user_mode import UserMode


class OtherCalls(UserMode):
    """process_vm_readv and its kin, pidfd_open, process_madvise."""

    def process_vm_readv(
        self,
        pid: int,
        local_iov: int,
        liovcnt: int,
        remote_iov: int,
        riovcnt: int,
        flags: int = 0,
    ) -> int:
        """Read from the memory of a process into pieces of one's own; see process_vm_readv(2).

        All pages of a piece that is read from are brought in; a private one that others share is
        copied first, so that it is the process's own.

        Args:
            pid: of the process.
            local_iov: where in memory the struct iovec are, which tell the address and the bytes
                of each piece of one's own.
            liovcnt: how many there are, at most 1024.
            remote_iov: where in one's own memory those for the process are.
            riovcnt: how many there are, at most 1024.
            flags: 0.

        Returns:
            How many bytes came, up to what could not be reached.

        Raises:
            LinuxError: EINVAL for flags, more pieces, or one of a negative length; ESRCH if there
                is no such process; EFAULT if the pieces cannot be read, or no byte could be copied.

        Source: mm/process_vm_access.c: SYSCALL_DEFINE6(process_vm_readv) [v6.18].
        """
        return self._syscall(
            "process_vm_readv",
            (pid, local_iov, liovcnt, remote_iov, riovcnt, flags),
            lambda *args: self._process_vm(args, write=False),
        )

    def process_vm_writev(
        self,
        pid: int,
        local_iov: int,
        liovcnt: int,
        remote_iov: int,
        riovcnt: int,
        flags: int = 0,
    ) -> int:
        """Write pieces of one's own memory to that of a process; see process_vm_writev(2).

        Where the process may not write, nobody can: unlike through /proc/PID/mem.

        Args:
            pid: of the process.
            local_iov: where in memory the struct iovec are, which tell the address and the bytes
                of each piece of one's own.
            liovcnt: how many there are, at most 1024.
            remote_iov: where in one's own memory those for the process are.
            riovcnt: how many there are, at most 1024.
            flags: 0.

        Returns:
            How many bytes went, up to what could not be reached.

        Raises:
            LinuxError: as `process_vm_readv`.

        Source: mm/process_vm_access.c: SYSCALL_DEFINE6(process_vm_writev) [v6.18].
        """
        return self._syscall(
            "process_vm_writev",
            (pid, local_iov, liovcnt, remote_iov, riovcnt, flags),
            lambda *args: self._process_vm(args, write=True),
        )

    def _process_vm(self, args: tuple[int, ...], write: bool) -> int:
        pid, local_iov, liovcnt, remote_iov, riovcnt, flags = args
        local, remote = (local_iov, liovcnt), (remote_iov, riovcnt)
        return process_vm_rw(self.task, pid, local, remote, flags, write)

    def pidfd_open(self, pid: int, flags: int = 0) -> int:
        """Open a descriptor that stands for a process, even after its end; see pidfd_open(2).

        execve closes it.

        Args:
            pid: of the process.
            flags: bits of PIDFD_NONBLOCK, PIDFD_THREAD (any thread, not only a first one).

        Returns:
            The descriptor.

        Raises:
            LinuxError: EINVAL for other flags, and for a number that no process has; ESRCH if there
                is no such process; ENOENT for the number of a thread, without PIDFD_THREAD; EMFILE.

        Source: kernel/pid.c: SYSCALL_DEFINE2(pidfd_open) [v6.18].
        """
        return self._syscall(
            "pidfd_open", (pid, flags), lambda pid, flags: pidfd_create(self.task, pid, flags)
        )

    def process_madvise(self, pidfd: int, vec: int, vlen: int, advice: int, flags: int = 0) -> int:
        """Give the kernel advice about pieces of a process's memory; see process_madvise(2).

        Args:
            pidfd: descriptor of the process, or PIDFD_SELF_THREAD, PIDFD_SELF_THREAD_GROUP.
            vec: where in one's own memory the struct iovec are, which tell the address and the
                bytes of each piece.
            vlen: how many there are, at most 1024.
            advice: MADV_*; about the memory of others only MADV_WILLNEED, MADV_COLD, MADV_PAGEOUT,
                MADV_COLLAPSE.
            flags: 0.

        Returns:
            How many bytes the pieces had, up to the first that the kernel refused.

        Raises:
            LinuxError: EINVAL for flags, more pieces, or one of a negative length; EFAULT if the
                pieces cannot be read; EBADF if the descriptor stands for no process; ESRCH if it
                has ended, or is another thread; of the first piece as `madvise`.

        Source: mm/madvise.c: SYSCALL_DEFINE5(process_madvise) [v6.18].
        """
        return self._syscall(
            "process_madvise",
            (pidfd, vec, vlen, advice, flags),
            lambda pidfd, vec, vlen, advice, flags: process_madvise(
                self.task, pidfd, (vec, vlen), advice, flags
            ),
        )

    def waitid(
        self, idtype: int, id: int, infop: int | None, options: int, rusage: int | None = None
    ) -> None:
        """Wait until a child ends, is stopped or goes on; see waitid(2).

        Args:
            idtype: P_ALL (0); P_PID (1), P_PGID (2), P_PIDFD (3): the child, a child of the group,
                the child of the descriptor `id`.
            id: see `idtype`.
            infop: where in memory the siginfo_t goes that tells it; its first number is 0 if there
                is nothing to tell. None or 0 = nowhere.
            options: WEXITED, WSTOPPED, WCONTINUED = for what, one at least; WNOHANG, WNOWAIT,
                __WALL, __WCLONE.
            rusage: where the struct rusage goes that tells what the child used; None or 0 =
                nowhere.

        Raises:
            LinuxError: EINVAL for other options, or none of the three; ECHILD without such
                children; EBADF; EFAULT; EAGAIN where Linux would sleep.

        Source: kernel/exit.c: SYSCALL_DEFINE5(waitid) [v6.18].
        """
        self._syscall(
            "waitid",
            (idtype, id, infop, options, rusage),
            lambda idtype, id, infop, options, rusage: kernel_waitid(
                self.task, idtype, id, infop or 0, options, rusage or 0
            ),
        )
