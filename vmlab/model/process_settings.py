"""The calls by which a process asks how it is treated: limits, its name, segments."""

from __future__ import annotations

from vmlab.model.abi.resource import Limits
from vmlab.model.linux.arch.x86.kernel.process_64 import do_arch_prctl_64
from vmlab.model.linux.kernel.exec_domain import set_personality
from vmlab.model.linux.kernel.membarrier import membarrier
from vmlab.model.linux.kernel.sys import getrlimit, prctl, prlimit64, setrlimit
from vmlab.model.user_mode import UserMode


class SettingCalls(UserMode):
    """setrlimit, prctl and their kin."""

    def setrlimit(self, resource: int, soft: int, hard: int | None = None) -> None:
        """Set a limit of this process; see setrlimit(2).

        Args:
            resource: one of RLIMIT_*. RLIMIT_AS, DATA, STACK and NOFILE bind; others are kept.
            soft: what binds: bytes, for RLIMIT_NOFILE descriptors.
            hard: how far the process may raise it itself; None = as far as before.

        Raises:
            LinuxError: EINVAL for a resource there is not, and if `soft` is above `hard`; EPERM if
                `hard` is above what it was.

        Source: kernel/sys.c: SYSCALL_DEFINE2(setrlimit) [v5.4].
        """
        self._syscall(
            "setrlimit",
            (resource, soft, hard),
            lambda resource, soft, hard: setrlimit(self.task, resource, soft, hard),
        )

    def getrlimit(self, resource: int, rlim: int | None = None) -> Limits:
        """Ask for a limit of this process; see getrlimit(2).

        Args:
            resource: one of RLIMIT_*.
            rlim: where in user memory the answer is stored; None = it is only returned.

        Returns:
            The soft and the hard limit.

        Raises:
            LinuxError: EINVAL for a resource there is not; EFAULT if it cannot be stored.

        Source: kernel/sys.c: SYSCALL_DEFINE2(getrlimit) [v5.4].
        """
        return self._syscall(
            "getrlimit",
            (resource, rlim),
            lambda resource, rlim: getrlimit(self.task, resource, rlim),
        )

    def prlimit(
        self,
        pid: int,
        resource: int,
        new_limit: tuple[int, int] | None = None,
        old_limit: int | None = None,
    ) -> Limits:
        """Ask for a limit of a process, and set another one; see prlimit(2).

        Args:
            pid: of the process; 0 = this one.
            resource: one of RLIMIT_*.
            new_limit: a soft and a hard limit; None = only ask.
            old_limit: where in user memory the answer is stored; None or 0 = it is only returned.

        Returns:
            The soft and the hard limit that there were.

        Raises:
            LinuxError: ESRCH if there is no such process; as setrlimit; EFAULT if the answer cannot
                be stored (the new limit holds).

        Source: kernel/sys.c: SYSCALL_DEFINE4(prlimit64) [v5.4].
        """
        return self._syscall(
            "prlimit64",
            (pid, resource, new_limit, old_limit),
            lambda pid, resource, new, old: prlimit64(
                self.task, pid, resource, new and Limits(*new), old or 0
            ),
        )

    def personality(self, persona: int) -> int:
        """Ask the kernel to do something in an older way; see personality(2).

        ADDR_NO_RANDOMIZE and ADDR_COMPAT_LAYOUT (mmap goes upwards) count from the next execve on,
        READ_IMPLIES_EXEC from now on and until then; MMAP_PAGE_ZERO lets execve map the first page.
        Other bits change nothing here.

        Args:
            persona: bits of personality(2); 0xffffffff only asks.

        Returns:
            The bits there were before.

        Raises:
            LinuxError: never.

        Source: kernel/exec_domain.c: SYSCALL_DEFINE1(personality) [v5.4].
        """
        return self._syscall(
            "personality", (persona,), lambda persona: set_personality(self.task, persona)
        )

    def prctl(self, option: int, arg2: int = 0, arg3: int = 0, arg4: int = 0, arg5: int = 0) -> int:
        """Do what an option stands for; see prctl(2).

        PR_SET_NAME and PR_GET_NAME (`arg2`: where the name is), PR_SET_THP_DISABLE (1 or 0, flags)
        and PR_GET_THP_DISABLE are known; PR_SET_MM and PR_SET_VMA are refused as by Linux.

        Args:
            option: one of PR_*.
            arg2: a number or an address, as the option has it; so are the others.
            arg3: see `arg2`.
            arg4: see `arg2`.
            arg5: see `arg2`.

        Returns:
            What the option asks for, or 0.

        Raises:
            LinuxError: EINVAL for another option or arguments it does not have; EFAULT if the name
                cannot be read or stored; EPERM for PR_SET_MM.

        Source: kernel/sys.c: SYSCALL_DEFINE5(prctl) [v6.18].
        """
        return self._syscall(
            "prctl", (option, arg2, arg3, arg4, arg5), lambda *args: prctl(self.task, *args)
        )

    def arch_prctl(self, code: int, addr: int) -> None:
        """Set or ask for the base of the segment register fs or gs; see arch_prctl(2).

        Args:
            code: one of ARCH_*.
            addr: the base; or where in user memory it is stored, 8 bytes.

        Raises:
            LinuxError: EINVAL for another code; EPERM for a base outside of user space; EFAULT if
                it cannot be stored.

        Source: arch/x86/kernel/process_64.c: SYSCALL_DEFINE2(arch_prctl) [v6.18].
        """
        self._syscall(
            "arch_prctl", (code, addr), lambda code, addr: do_arch_prctl_64(self.task, code, addr)
        )

    def membarrier(self, cmd: int, flags: int = 0, cpu_id: int = 0) -> int:
        """Let all CPUs that run this process see the same memory; see membarrier(2).

        There is one CPU: nothing changes, but what was not registered is refused.

        Args:
            cmd: one of MEMBARRIER_CMD_*.
            flags: MEMBARRIER_CMD_FLAG_CPU for MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ, or 0.
            cpu_id: which CPU, with that flag.

        Returns:
            All commands there are for MEMBARRIER_CMD_QUERY, what was registered for
            MEMBARRIER_CMD_GET_REGISTRATIONS, or else 0.

        Raises:
            LinuxError: EINVAL for another command or flag; EPERM for what was not registered.

        Source: kernel/sched/membarrier.c: SYSCALL_DEFINE3(membarrier) [v6.18].
        """
        return self._syscall(
            "membarrier",
            (cmd, flags, cpu_id),
            lambda cmd, flags, _: membarrier(self.task, cmd, flags),
        )
