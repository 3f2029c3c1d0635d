"""The calls of a process on queues of messages of POSIX."""

from __future__ import annotations

from vmlab.model.linux.ipc import mqueue
from vmlab.model.user_mode import UserMode


class MqueueCalls(UserMode):
    """mq_open and its kin. Where Linux would sleep, they answer EAGAIN to who calls from Python."""

    def mq_open(self, name: str, oflag: int, mode: int = 0, attr: int | None = None) -> int:
        """Open a queue of messages, which may be made; see mq_open(2).

        Args:
            name: what it is called, without the slash that mq_open(3) wants.
            oflag: O_RDONLY, O_WRONLY or O_RDWR, with O_CREAT, O_EXCL, O_NONBLOCK.
            mode: who may do what with a queue that is made.
            attr: where in memory the struct mq_attr is that tells its limits; None or 0 = 10
                messages of 8192 bytes.

        Returns:
            The descriptor, which execve closes.

        Raises:
            LinuxError: ENOENT; EACCES for a name with a slash; EEXIST; EINVAL for limits that
                cannot be; EMFILE for too many bytes, or descriptors; EFAULT.

        Source: ipc/mqueue.c: SYSCALL_DEFINE4(mq_open) [v6.18].
        """
        return self._syscall(
            "mq_open",
            (name, oflag, mode, attr),
            lambda name, oflag, mode, attr: mqueue.do_mq_open(
                self.task, name, oflag, mode, attr or 0
            ),
        )

    def mq_unlink(self, name: str) -> None:
        """Take the name of a queue away; see mq_unlink(2).

        Args:
            name: what it is called, without a slash.

        Raises:
            LinuxError: ENOENT; EACCES for a name with a slash.

        Source: ipc/mqueue.c: SYSCALL_DEFINE1(mq_unlink) [v6.18].
        """
        self._syscall("mq_unlink", (name,), lambda name: mqueue.do_mq_unlink(self.task, name))

    def mq_timedsend(
        self,
        mqdes: int,
        msg_ptr: int,
        msg_len: int,
        msg_prio: int = 0,
        abs_timeout: int | None = None,
    ) -> None:
        """Send a message; see mq_timedsend(2).

        Args:
            mqdes: descriptor.
            msg_ptr: where in memory the message is.
            msg_len: bytes of it.
            msg_prio: its priority, below 32768: the highest is received first.
            abs_timeout: where in memory the time is until which it waits, a struct timespec; None
                or 0 = without end.

        Raises:
            LinuxError: EBADF; EMSGSIZE; EINVAL; EFAULT; ETIMEDOUT; EAGAIN where Linux would sleep.

        Source: ipc/mqueue.c: SYSCALL_DEFINE5(mq_timedsend) [v6.18].
        """
        self._syscall(
            "mq_timedsend",
            (mqdes, msg_ptr, msg_len, msg_prio, abs_timeout),
            lambda fd, buf, size, prio, timeout: self._sent(
                mqueue.do_mq_timedsend, fd, buf, size, prio, timeout or 0
            ),
        )

    def mq_timedreceive(
        self,
        mqdes: int,
        msg_ptr: int,
        msg_len: int,
        msg_prio: int | None = None,
        abs_timeout: int | None = None,
    ) -> int:
        """Receive the message of highest priority; see mq_timedreceive(2).

        Args:
            mqdes: descriptor.
            msg_ptr: where in memory it goes.
            msg_len: bytes there, at least what the queue lets a message have.
            msg_prio: where its priority is stored, an int; None or 0 = nowhere.
            abs_timeout: where in memory the time is until which it waits, a struct timespec; None
                or 0 = without end.

        Returns:
            Its bytes.

        Raises:
            LinuxError: EBADF; EMSGSIZE for too little room; EINVAL; EFAULT; ETIMEDOUT; EAGAIN where
                Linux would sleep.

        Source: ipc/mqueue.c: SYSCALL_DEFINE5(mq_timedreceive) [v6.18].
        """
        return self._syscall(
            "mq_timedreceive",
            (mqdes, msg_ptr, msg_len, msg_prio, abs_timeout),
            lambda fd, buf, size, prio, timeout: mqueue.do_mq_timedreceive(
                self.task, fd, buf, size, prio or 0, timeout or 0
            ),
        )

    def mq_notify(self, mqdes: int, sevp: int | None = None) -> None:
        """Be told once when a message comes into the empty queue; see mq_notify(2).

        Args:
            mqdes: descriptor.
            sevp: where in memory the struct sigevent is; None or 0 = be told no more.

        Raises:
            LinuxError: EBADF; EINVAL; EFAULT; EBUSY if another process is told.

        Source: ipc/mqueue.c: SYSCALL_DEFINE2(mq_notify) [v6.18].
        """
        self._syscall(
            "mq_notify",
            (mqdes, sevp),
            lambda fd, sevp: mqueue.do_mq_notify(self.task, fd, sevp or 0),
        )

    def mq_getsetattr(
        self, mqdes: int, newattr: int | None = None, oldattr: int | None = None
    ) -> None:
        """Ask for the limits of a queue and how full it is, or change O_NONBLOCK.

        See mq_getsetattr(2).

        Args:
            mqdes: descriptor.
            newattr: where in memory the struct mq_attr is that tells its flags; None or 0 = as they
                are.
            oldattr: where the old one is stored; None or 0 = nowhere.

        Raises:
            LinuxError: EBADF; EINVAL for other flags; EFAULT.

        Source: ipc/mqueue.c: SYSCALL_DEFINE3(mq_getsetattr) [v6.18].
        """
        self._syscall(
            "mq_getsetattr",
            (mqdes, newattr, oldattr),
            lambda fd, new, old: mqueue.do_mq_getsetattr(self.task, fd, new or 0, old or 0),
        )
