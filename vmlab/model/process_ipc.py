"""The calls of a process that are about shared memory of System V."""

from __future__ import annotations

from vmlab.model.linux.ipc.shm import do_shmat, ksys_shmctl, ksys_shmdt, ksys_shmget
from vmlab.model.user_mode import UserMode


class IpcCalls(UserMode):
    """shmget and its kin."""

    def shmget(self, key: int, size: int, shmflg: int = 0) -> int:
        """Return the number of a segment of shared memory, which may be made; see shmget(2).

        Args:
            key: what other processes find it by; IPC_PRIVATE = a new one that no key finds.
            size: bytes.
            shmflg: IPC_CREAT, IPC_EXCL, SHM_NORESERVE, and who may do what in the lowest nine bits.

        Returns:
            The number.

        Raises:
            LinuxError: ENOENT if no segment has the key, and no IPC_CREAT; EEXIST for IPC_EXCL if
                one has it; EINVAL for a size of 0, one that is too large or larger than the segment
                is; ENOSPC for more than 4096 segments; ENOMEM without memory, and for SHM_HUGETLB.

        Source: ipc/shm.c: SYSCALL_DEFINE3(shmget) [v6.18].
        """
        return self._syscall(
            "shmget",
            (key, size, shmflg),
            lambda key, size, shmflg: ksys_shmget(self.task, key, size, shmflg),
        )

    def shmat(self, shmid: int, shmaddr: int = 0, shmflg: int = 0) -> int:
        """Attach a segment of shared memory; see shmat(2).

        Args:
            shmid: its number.
            shmaddr: where, in bytes, page aligned; 0 = anywhere.
            shmflg: SHM_RDONLY, SHM_EXEC; SHM_RND to round the address down, SHM_REMAP to take the
                place of what is mapped there.

        Returns:
            The address.

        Raises:
            LinuxError: EINVAL if there is no such segment, the address is unaligned, something is
                mapped there, or SHM_REMAP has no address; ENOMEM if nothing fits, or a limit is
                hit.

        Source: ipc/shm.c: SYSCALL_DEFINE3(shmat) [v6.18].
        """
        return self._syscall(
            "shmat",
            (shmid, shmaddr, shmflg),
            lambda shmid, shmaddr, shmflg: do_shmat(self.task, shmid, shmaddr, shmflg),
        )

    def shmdt(self, shmaddr: int) -> None:
        """Detach a segment of shared memory; see shmdt(2).

        Args:
            shmaddr: where it was attached, in bytes.

        Raises:
            LinuxError: EINVAL if it is unaligned, or no segment was attached there.

        Source: ipc/shm.c: SYSCALL_DEFINE1(shmdt) [v6.18].
        """
        self._syscall("shmdt", (shmaddr,), lambda shmaddr: ksys_shmdt(self.mm, shmaddr))

    def shmctl(self, shmid: int, cmd: int, buf: int = 0) -> None:
        """Ask about a segment of shared memory, lock it, or destroy it; see shmctl(2).

        Args:
            shmid: its number.
            cmd: IPC_STAT, IPC_RMID, SHM_LOCK or SHM_UNLOCK. A segment that is attached lives on
                after IPC_RMID, until it is so no more.
            buf: where in memory IPC_STAT stores a struct shmid_ds, 112 bytes: an address in bytes.

        Raises:
            LinuxError: EINVAL if there is no such segment or command; EFAULT if nothing can be
                stored.

        Source: ipc/shm.c: SYSCALL_DEFINE3(shmctl) [v6.18].
        """
        self._syscall(
            "shmctl",
            (shmid, cmd, buf),
            lambda shmid, cmd, buf: ksys_shmctl(self.task, shmid, cmd, buf),
        )
