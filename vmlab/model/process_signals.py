"""The calls about signals."""

from __future__ import annotations

from vmlab.model.abi.signal import SIGSET_SIZE, Sigaction
from vmlab.model.linux.arch.x86.kernel.signal import rt_sigreturn
from vmlab.model.linux.include.signal import DEFAULT, SIG_CALLER
from vmlab.model.linux.kernel import signal, signal_kill
from vmlab.model.linux.kernel.signal_get import do_sigtimedwait
from vmlab.model.linux.kernel.signal_stack import sigaltstack
from vmlab.model.user_mode import UserMode


class SignalCalls(UserMode):
    """sigaction, kill and their kin."""

    def sigaction(self, signum: int, handler: bool = True) -> None:
        """Install a handler for a signal, so that the process survives it, or remove it.

        The exception that `load` and its kin raise takes the place of the handler. See
        sigaction(2); machine code that calls it has a handler that runs.

        Args:
            signum: number of the signal.
            handler: whether there is one from now on.

        Raises:
            LinuxError: EINVAL for a number that no signal has, and for SIGKILL and SIGSTOP.

        Source: kernel/signal.c: SYSCALL_DEFINE4(rt_sigaction) [v5.4].
        """
        handler = bool(handler)
        act = Sigaction(SIG_CALLER) if handler else DEFAULT
        self._syscall(
            "rt_sigaction",
            (signum, handler),
            lambda signum, _: signal.do_sigaction(self.task, signum, act) and None,
        )

    def _rt_sigaction(self, signum: int, act: Sigaction | None) -> Sigaction:
        # The same for machine code: what happens from now on, None = as before. Returns what did.
        return self._syscall(
            "rt_sigaction",
            (signum, act),
            lambda signum, act: signal.do_sigaction(self.task, signum, act),
        )

    def rt_sigprocmask(
        self,
        how: int,
        set: int | None = None,
        oldset: int | None = None,
        sigsetsize: int = SIGSET_SIZE,
    ) -> None:
        """Let signals wait, or no more; see sigprocmask(2).

        Args:
            how: SIG_BLOCK (0), SIG_UNBLOCK (1) or SIG_SETMASK (2).
            set: where in memory the signals are, bit 0 for signal 1; None or 0 = none change.
            oldset: where it is stored which waited before; None or 0 = nowhere.
            sigsetsize: bytes of a set: 8.

        Raises:
            LinuxError: EINVAL for another size or `how`; EFAULT if a set cannot be read or stored.

        Source: kernel/signal.c: SYSCALL_DEFINE4(rt_sigprocmask) [v5.4].
        """
        self._syscall(
            "rt_sigprocmask",
            (how, set, oldset, sigsetsize),
            lambda how, set, oldset, size: self._sent(
                signal.rt_sigprocmask, how, set or 0, oldset or 0, size
            ),
        )

    def rt_sigreturn(self) -> None:
        """Go on where a handler interrupted the program; see sigreturn(2).

        Raises:
            LinuxError: never: SIGSEGV comes if the frame of the handler cannot be read.

        Source: arch/x86/kernel/signal_64.c: SYSCALL_DEFINE0(rt_sigreturn) [v6.18].
        """
        self._syscall("rt_sigreturn", (), lambda: self._sent(rt_sigreturn))

    def rt_sigpending(self, set: int, sigsetsize: int = SIGSET_SIZE) -> None:
        """Ask which signals were sent and wait; see sigpending(2).

        Args:
            set: where in memory they are stored, bit 0 for signal 1.
            sigsetsize: bytes, at most 8.

        Raises:
            LinuxError: EINVAL for more bytes; EFAULT if they cannot be stored.

        Source: kernel/signal.c: SYSCALL_DEFINE2(rt_sigpending) [v5.4].
        """
        self._syscall(
            "rt_sigpending",
            (set, sigsetsize),
            lambda set, size: signal.rt_sigpending(self.task, set, size),
        )

    def rt_sigsuspend(self, mask: int, sigsetsize: int = SIGSET_SIZE) -> None:
        """Sleep until a signal comes, and let others wait meanwhile; see sigsuspend(2).

        Args:
            mask: where in memory those are that wait, bit 0 for signal 1.
            sigsetsize: bytes of a set: 8.

        Raises:
            LinuxError: EINVAL for another size; EFAULT if the set cannot be read; EAGAIN, for
                Linux would sleep.

        Source: kernel/signal.c: SYSCALL_DEFINE2(rt_sigsuspend) [v5.4].
        """
        self._syscall(
            "rt_sigsuspend",
            (mask, sigsetsize),
            lambda mask, size: self._sent(signal.rt_sigsuspend, mask, size),
        )

    def pause(self) -> None:
        """Sleep until a signal comes; see pause(2).

        Raises:
            LinuxError: EAGAIN, for Linux would sleep.

        Source: kernel/signal.c: SYSCALL_DEFINE0(pause) [v5.4].
        """
        self._syscall("pause", (), lambda: signal.pause(self.task))

    def sigaltstack(self, ss: int | None = None, old_ss: int | None = None) -> None:
        """Give handlers a stack of their own, or ask for it; see sigaltstack(2).

        Args:
            ss: where in memory the stack_t is that tells it; None or 0 = it stays as it is.
            old_ss: where the stack_t is stored that tells what it was; None or 0 = nowhere.

        Raises:
            LinuxError: EPERM while a handler runs there; EINVAL for unknown flags; ENOMEM for less
                than 2048 bytes; EFAULT if a stack_t cannot be read or stored.

        Source: kernel/signal.c: SYSCALL_DEFINE2(sigaltstack) [v5.4].
        """
        self._syscall(
            "sigaltstack",
            (ss, old_ss),
            lambda ss, old_ss: sigaltstack(self.task, ss or 0, old_ss or 0),
        )

    def kill(self, pid: int, sig: int) -> None:
        """Send a signal to a process; see kill(2).

        A handler that is machine code runs when the process runs next. A signal that kills does it
        at once if this is called from Python.

        Args:
            pid: of the process; -1 = all others but init.
            sig: number of the signal; 0 = only ask whether there is such a process.

        Raises:
            LinuxError: ESRCH if there is no such process; EINVAL for a number that no signal has.

        Source: kernel/signal.c: SYSCALL_DEFINE2(kill) [v5.4].
        """
        self._syscall("kill", (pid, sig), lambda *args: self._sent(signal_kill.kill, *args))

    def tkill(self, tid: int, sig: int) -> None:
        """Send a signal to a thread; see tkill(2).

        Args:
            tid: of the thread.
            sig: number of the signal; 0 = only ask whether there is such a thread.

        Raises:
            LinuxError: EINVAL for a number that no thread or no signal has; ESRCH if there is no
                such thread.

        Source: kernel/signal.c: SYSCALL_DEFINE2(tkill) [v5.4].
        """
        self._syscall("tkill", (tid, sig), lambda *args: self._sent(signal_kill.tkill, *args))

    def tgkill(self, tgid: int, tid: int, sig: int) -> None:
        """Send a signal to a thread of a process; see tgkill(2).

        Args:
            tgid: of the process.
            tid: of the thread.
            sig: number of the signal; 0 = only ask whether there is such a thread.

        Raises:
            LinuxError: EINVAL for a number that no thread or no signal has; ESRCH if there is no
                such thread in the process.

        Source: kernel/signal.c: SYSCALL_DEFINE3(tgkill) [v5.4].
        """
        self._syscall(
            "tgkill", (tgid, tid, sig), lambda *args: self._sent(signal_kill.tgkill, *args)
        )

    def rt_sigqueueinfo(self, pid: int, sig: int, info: int) -> None:
        """Send a signal to a process, with what is told of it; see rt_sigqueueinfo(2).

        sigqueue(3) sends a value by it, with the code SI_QUEUE (-1).

        Args:
            pid: of the process.
            sig: number of the signal; 0 = only ask whether there is such a process.
            info: where in memory the siginfo_t is, 128 bytes.

        Raises:
            LinuxError: EPERM for a code of 0 or more, or SI_TKILL, unless it is for the caller;
                EAGAIN if as many signals wait as RLIMIT_SIGPENDING lets; ESRCH if there is no such
                process; EINVAL for a number that no signal has; E2BIG for an unknown code that
                tells much; EFAULT.

        Source: kernel/signal.c: SYSCALL_DEFINE3(rt_sigqueueinfo) [v6.18].
        """
        self._syscall(
            "rt_sigqueueinfo",
            (pid, sig, info),
            lambda *args: self._sent(signal_kill.rt_sigqueueinfo, *args),
        )

    def rt_tgsigqueueinfo(self, tgid: int, tid: int, sig: int, info: int) -> None:
        """Send a signal to a thread of a process, with what is told of it.

        See rt_tgsigqueueinfo(2).

        Args:
            tgid: of the process.
            tid: of the thread.
            sig: number of the signal; 0 = only ask whether there is such a thread.
            info: where in memory the siginfo_t is, 128 bytes.

        Raises:
            LinuxError: as rt_sigqueueinfo; EINVAL for a number that no thread has.

        Source: kernel/signal.c: SYSCALL_DEFINE4(rt_tgsigqueueinfo) [v6.18].
        """
        self._syscall(
            "rt_tgsigqueueinfo",
            (tgid, tid, sig, info),
            lambda *args: self._sent(signal_kill.rt_tgsigqueueinfo, *args),
        )

    def rt_sigtimedwait(
        self,
        uthese: int,
        uinfo: int | None = None,
        uts: int | None = None,
        sigsetsize: int = SIGSET_SIZE,
    ) -> int:
        """Take a signal of a set, without a handler; see sigtimedwait(2).

        Args:
            uthese: where in memory the set is, bit 0 for signal 1; its signals should wait.
            uinfo: where the siginfo_t is stored, 128 bytes; None or 0 = nowhere.
            uts: where the time is: seconds and nanoseconds, 8 bytes each; None or 0 = no end.
            sigsetsize: bytes of a set: 8.

        Returns:
            The number of the signal.

        Raises:
            LinuxError: EAGAIN when the time is over, and where Linux would sleep; EINTR for
                another signal; EINVAL for another size or a time that there is not; EFAULT.

        Source: kernel/signal.c: SYSCALL_DEFINE4(rt_sigtimedwait) [v6.18].
        """
        return self._syscall(
            "rt_sigtimedwait",
            (uthese, uinfo, uts, sigsetsize),
            lambda these, info, time, size: do_sigtimedwait(
                self.task, these, info or 0, time or 0, size
            ),
        )
