"""The calls of a process that are about objects of System V: segments, semaphores, messages."""

from __future__ import annotations

from vmlab.model.linux.ipc.msg import do_msgrcv, ksys_msgget, ksys_msgsnd
from vmlab.model.linux.ipc.msgctl import ksys_msgctl
from vmlab.model.linux.ipc.sem import ksys_semget, ksys_semtimedop
from vmlab.model.linux.ipc.semctl import ksys_semctl
from vmlab.model.linux.ipc.shm import do_shmat, ksys_shmctl, ksys_shmdt, ksys_shmget
from vmlab.model.user_mode import UserMode


class IpcCalls(UserMode):
    """shmget, semget, msgget and their kin."""

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

    # Semaphores

    def semget(self, key: int, nsems: int, semflg: int = 0) -> int:
        """Return the number of a set of semaphores, which may be made; see semget(2).

        Args:
            key: what other processes find it by; IPC_PRIVATE = a new one that no key finds.
            nsems: how many semaphores; of one that there is, at least.
            semflg: IPC_CREAT, IPC_EXCL, and who may do what in the lowest nine bits.

        Returns:
            The number. The semaphores of a new set are 0.

        Raises:
            LinuxError: ENOENT if no set has the key, and no IPC_CREAT; EEXIST for IPC_EXCL if one
                has it; EINVAL for a number below 0, above 32,000, 0 for a new set, or more than
                the set has; ENOSPC for more than 32,000 sets.

        Source: ipc/sem.c: SYSCALL_DEFINE3(semget) [v6.18].
        """
        return self._syscall(
            "semget",
            (key, nsems, semflg),
            lambda key, nsems, semflg: ksys_semget(self.task, key, nsems, semflg),
        )

    def semop(self, semid: int, sops: int, nsops: int) -> None:
        """Do operations on semaphores, all of them or none; see semop(2).

        Args:
            semid: number of the set.
            sops: where in memory the struct sembuf are, 6 bytes each: number of the semaphore,
                what is added (0 = wait until it is 0), and flags: IPC_NOWAIT, SEM_UNDO.
            nsops: how many.

        Raises:
            LinuxError: EAGAIN with IPC_NOWAIT, and where Linux would sleep; E2BIG for more than
                500; EFBIG for no such semaphore; ERANGE for a value above 32,767; EIDRM if the
                set is removed meanwhile; EINTR; EINVAL for no such set or no operation; EFAULT.

        Source: ipc/sem.c: SYSCALL_DEFINE3(semop) [v6.18].
        """
        self._syscall(
            "semop",
            (semid, sops, nsops),
            lambda semid, sops, nsops: ksys_semtimedop(self.task, semid, sops, nsops, 0),
        )

    def semtimedop(self, semid: int, sops: int, nsops: int, timeout: int | None = None) -> None:
        """Do operations on semaphores, but wait for a while at most; see semtimedop(2).

        Args:
            semid: number of the set.
            sops: see semop.
            nsops: how many.
            timeout: where in memory the time is: seconds and nanoseconds, 8 bytes each; None or 0 =
                no end.

        Raises:
            LinuxError: as semop; EAGAIN when the time is over; EINVAL for a time that there is not.

        Source: ipc/sem.c: SYSCALL_DEFINE4(semtimedop) [v6.18].
        """
        self._syscall(
            "semtimedop",
            (semid, sops, nsops, timeout),
            lambda semid, sops, nsops, time: ksys_semtimedop(
                self.task, semid, sops, nsops, time or 0
            ),
        )

    def semctl(self, semid: int, semnum: int, cmd: int, arg: int = 0) -> int:
        """Ask about semaphores, set them, or remove them; see semctl(2).

        Args:
            semid: number of the set; its place for SEM_STAT, any for IPC_INFO and SEM_INFO.
            semnum: number of the semaphore, for GETVAL, SETVAL, GETPID, GETNCNT and GETZCNT.
            cmd: one of them, or GETALL, SETALL, IPC_STAT, IPC_SET, IPC_RMID, SEM_STAT_ANY.
            arg: the value for SETVAL; else where in memory something is read or stored.

        Returns:
            What is asked for; 0 if it is stored, or nothing is.

        Raises:
            LinuxError: EINVAL if there is no such set, semaphore or command; ERANGE for a value
                above 32,767 or below 0; EFAULT.

        Source: ipc/sem.c: SYSCALL_DEFINE4(semctl) [v6.18].
        """
        return self._syscall(
            "semctl",
            (semid, semnum, cmd, arg),
            lambda semid, semnum, cmd, arg: ksys_semctl(self.task, semid, semnum, cmd, arg),
        )

    # Messages

    def msgget(self, key: int, msgflg: int = 0) -> int:
        """Return the number of a queue of messages, which may be made; see msgget(2).

        Args:
            key: what other processes find it by; IPC_PRIVATE = a new one that no key finds.
            msgflg: IPC_CREAT, IPC_EXCL, and who may do what in the lowest nine bits.

        Returns:
            The number.

        Raises:
            LinuxError: ENOENT if no queue has the key, and no IPC_CREAT; EEXIST for IPC_EXCL if
                one has it; ENOSPC for more than 32,000 queues.

        Source: ipc/msg.c: SYSCALL_DEFINE2(msgget) [v6.18].
        """
        return self._syscall(
            "msgget", (key, msgflg), lambda key, msgflg: ksys_msgget(self.task, key, msgflg)
        )

    def msgsnd(self, msqid: int, msgp: int, msgsz: int, msgflg: int = 0) -> None:
        """Send a message; see msgsnd(2).

        Args:
            msqid: number of the queue.
            msgp: where in memory its type stands, 8 bytes, and behind it the text.
            msgsz: bytes of the text, at most 8,192.
            msgflg: IPC_NOWAIT.

        Raises:
            LinuxError: EAGAIN if it does not fit, with IPC_NOWAIT, and where Linux would sleep;
                EIDRM if the queue is removed meanwhile; EINTR; EINVAL for no such queue, a type
                that is not above 0, or more bytes; EFAULT.

        Source: ipc/msg.c: SYSCALL_DEFINE4(msgsnd) [v6.18].
        """
        self._syscall(
            "msgsnd",
            (msqid, msgp, msgsz, msgflg),
            lambda msqid, msgp, msgsz, msgflg: ksys_msgsnd(self.task, msqid, msgp, msgsz, msgflg),
        )

    def msgrcv(self, msqid: int, msgp: int, msgsz: int, msgtyp: int = 0, msgflg: int = 0) -> int:
        """Receive a message; see msgrcv(2).

        Args:
            msqid: number of the queue.
            msgp: where in memory its type is stored, 8 bytes, and behind it the text.
            msgsz: bytes that there is room for behind the type.
            msgtyp: 0 = the first message, above = the first one of this type, below = the first
                one of the lowest type up to this; with MSG_COPY its place in the queue, from 0 on.
            msgflg: IPC_NOWAIT, MSG_NOERROR to cut a text that is longer, MSG_EXCEPT for the first
                one of another type, MSG_COPY to leave it in the queue.

        Returns:
            The bytes of the text.

        Raises:
            LinuxError: ENOMSG if there is none, with IPC_NOWAIT; EAGAIN where Linux would sleep;
                E2BIG for too little room; EIDRM if the queue is removed meanwhile; EINTR; EINVAL
                for no such queue, or MSG_COPY without IPC_NOWAIT; EFAULT.

        Source: ipc/msg.c: SYSCALL_DEFINE5(msgrcv) [v6.18].
        """
        return self._syscall(
            "msgrcv",
            (msqid, msgp, msgsz, msgtyp, msgflg),
            lambda msqid, msgp, msgsz, msgtyp, msgflg: do_msgrcv(
                self.task, msqid, msgp, msgsz, msgtyp, msgflg
            ),
        )

    def msgctl(self, msqid: int, cmd: int, buf: int = 0) -> int:
        """Ask about a queue of messages, change it, or remove it; see msgctl(2).

        Args:
            msqid: its number; its place for MSG_STAT, any for IPC_INFO and MSG_INFO.
            cmd: IPC_STAT, IPC_SET, IPC_RMID, IPC_INFO, MSG_INFO, MSG_STAT, MSG_STAT_ANY.
            buf: where in memory a struct msqid_ds (120 bytes) or msginfo is read or stored.

        Returns:
            What is asked for; 0 if it is stored, or nothing is.

        Raises:
            LinuxError: EINVAL if there is no such queue or command; EPERM to let a queue hold more
                than 16,384 bytes; EFAULT.

        Source: ipc/msg.c: SYSCALL_DEFINE3(msgctl) [v6.18].
        """
        return self._syscall(
            "msgctl",
            (msqid, cmd, buf),
            lambda msqid, cmd, buf: ksys_msgctl(self.task, msqid, cmd, buf),
        )
