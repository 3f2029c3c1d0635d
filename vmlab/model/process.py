"""A process as user space sees it: its system calls, its memory accesses, what /proc says of it.

`Process` is put together from rooms of one subject each: `user_mode.py` (how it runs, accesses to
memory), `process_memory.py` (its address space), `process_files.py` (descriptors and files),
`process_paths.py` (what paths name), `process_links.py` (making and exchanging names),
`process_attributes.py` (rights, owners, times), `process_advice.py` (how files will be read),
`process_read_write.py` (bytes of files), `process_polling.py` (waiting for files),
`process_watch.py` (eventfd, epoll, timerfd, signalfd), `process_sockets.py` (sockets),
`process_ipc.py` (objects of System V), `process_mqueues.py` (queues of POSIX),
`process_signals.py` (signals), `process_threads.py` (threads and time), `process_timers.py`
(timers), `process_others.py` (other processes), `process_identity.py` (who and where it is),
`process_settings.py` (its limits, its name and what else it asks for), `process_proc.py` (/proc).
Here is its life. `model/abi/calls.py` lists all calls in one table.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Protocol

from vmlab.errors import ArgumentError, LinuxError
from vmlab.model import arguments
from vmlab.model.abi import errno
from vmlab.model.abi.calls import ACTIONS, CALLS_BY_NUMBER
from vmlab.model.abi.clone import CLONE_VFORK, CLONE_VM
from vmlab.model.abi.signal import SIGCHLD
from vmlab.model.abi.wait import WALL
from vmlab.model.arguments import program
from vmlab.model.linux.fs.exec import do_execve
from vmlab.model.linux.include.structs import TaskStruct
from vmlab.model.linux.kernel.exit import do_exit, do_group_exit
from vmlab.model.linux.kernel.fork import KernelCloneArgs, do_fork, set_tid_address
from vmlab.model.linux.kernel.fork_args import clone3
from vmlab.model.linux.kernel.wait import kernel_wait4
from vmlab.model.machine_code import Engine, MachineCode, Stop
from vmlab.model.process_advice import AdviceCalls
from vmlab.model.process_attributes import AttributeCalls
from vmlab.model.process_files import FileCalls
from vmlab.model.process_identity import IdentityCalls
from vmlab.model.process_ipc import IpcCalls
from vmlab.model.process_links import LinkCalls
from vmlab.model.process_memory import MemoryCalls
from vmlab.model.process_mqueues import MqueueCalls
from vmlab.model.process_others import OtherCalls
from vmlab.model.process_paths import PathCalls
from vmlab.model.process_polling import PollCalls
from vmlab.model.process_proc import ProcFiles
from vmlab.model.process_read_write import ReadWriteCalls
from vmlab.model.process_settings import SettingCalls
from vmlab.model.process_signals import SignalCalls
from vmlab.model.process_sockets import SocketCalls
from vmlab.model.process_threads import ThreadCalls
from vmlab.model.process_timers import TimerCalls
from vmlab.model.process_watch import WatchCalls


class Owner(Protocol):
    """The machine, as its processes know it."""

    def _process_of(self, task: TaskStruct) -> Process:
        """Return the process of a task."""

    def _process_numbered(self, pid: int, comm: str) -> Process:
        """Return the process of that number and name; it is dead if there is none now."""

    def _engine(self) -> Engine:
        """Return what runs machine code."""


class Process(
    MemoryCalls,
    FileCalls,
    PathCalls,
    LinkCalls,
    AttributeCalls,
    AdviceCalls,
    ReadWriteCalls,
    PollCalls,
    IpcCalls,
    MqueueCalls,
    OtherCalls,
    IdentityCalls,
    SettingCalls,
    SignalCalls,
    ThreadCalls,
    TimerCalls,
    WatchCalls,
    SocketCalls,
    ProcFiles,
    MachineCode,
):
    """One process of a machine. Made by `Machine.spawn`, `fork` and its kin.

    Addresses and lengths are bytes. A failing call raises `LinuxError`; a bad access raises
    `Segfault` or `BusError` and kills the process unless `sigaction` gave it a handler.

    Attributes:
        task: its task_struct, with Linux's names.
    """

    def __init__(self, owner: Owner, task: TaskStruct) -> None:
        super().__init__(task)
        self._owner = owner

    @property
    def machine(self) -> Any:
        """Return the machine it runs on, a `vmlab.Machine`."""
        return self._owner

    # Any call, by its name or number

    def __reduce__(self) -> tuple[Any, ...]:
        # As the process of its number in a copy of the machine.
        return _of, (self._owner, self.pid, self.task.comm)

    def call(self, name: str, *args: Any) -> Any:
        """Make a call, or an access to memory, by its name: for logs and lists of calls.

        Args:
            name: as strace writes it, such as 'munmap' or 'exit_group'; or 'load', 'store', 'add',
                'fetch'.
            args: as the method takes them.

        Returns:
            What the method returns.

        Raises:
            ValueError: no call has that name.

        >>> from vmlab import Machine
        >>> Machine().spawn().call("pipe")
        (3, 4)
        """
        action = ACTIONS.get(name)
        if action is None:
            raise ArgumentError("no_call_named", name=str(name))
        return getattr(self, action.method)(*args)

    def syscall_by_number(self, number: int, *args: Any) -> Any:
        """Make a call by its number on x86-64, as machine code does.

        Args:
            number: 11 for munmap.
            args: as the method takes them.

        Returns:
            What the method returns.

        Raises:
            LinuxError: ENOSYS if no call that is modelled has that number.

        >>> from vmlab import Machine
        >>> Machine().spawn().syscall_by_number(22)
        (3, 4)
        """
        arguments.number(number, "number")
        call = CALLS_BY_NUMBER.get(number)
        if call is None:
            raise LinuxError(errno.ENOSYS, "no_call_numbered", number=number)
        return getattr(self, call.method)(*args)

    # Machine code

    def run(
        self, until: str | int | Collection[str | int] = (), instructions: int | None = None
    ) -> Stop:
        """Run the machine code of this process, and of others while it sleeps.

        Args:
            until: some of 'syscall', 'fault' and 'signal': it stops after the next one, before a
                handler runs. 'line': at the start of another line of its source. These are about
                this thread; others run on meanwhile. A number: when any thread of the process is
                at that line of the source with its main function, or at the next line that has
                code; the answer's `tid` tells which, and `machine[tid]` is that thread. Several:
                at whichever comes first.
            instructions: how many are run at most; None = without end. An entry into the kernel
                counts as 1,000, in place of those that ran since the one before it.

        Returns:
            Why it does not run on, and where in the program.

        Raises:
            ArgumentTypeError, ArgumentError: there is no such `until`.
            ProcessError: the process cannot run.
            ProgramError: there is no emulator: `pip install vmlab[programs]`; or the program has
                no debug information to find lines by, or no code there.
        """
        wanted = arguments.until(until)
        if instructions is not None:
            arguments.count(instructions, "instructions")
        return self._owner._engine().run(self, wanted, instructions)

    # Life

    def _child(self, call: str, args: tuple[int, ...], fork: Callable[..., TaskStruct]) -> Process:
        return self._owner._process_of(self._syscall(call, args, fork))

    def fork(self) -> Process:
        """Make a child with a copy of the address space; see fork(2).

        Returns:
            The child.

        Raises:
            LinuxError: ENOMEM without memory for page tables, or for all that it may write to.

        Source: kernel/fork.c: SYSCALL_DEFINE0(fork) [v5.4].
        """
        return self._child("fork", (), lambda: do_fork(self.task, KernelCloneArgs(SIGCHLD)))

    def vfork(self) -> Process:
        """Make a child that borrows the address space until it calls execve or exit; see vfork(2).

        This process cannot run until then.

        Returns:
            The child.

        Raises:
            LinuxError: never: nothing is copied that could fail.

        Source: kernel/fork.c: SYSCALL_DEFINE0(vfork) [v5.4].
        """
        args = KernelCloneArgs(CLONE_VM | CLONE_VFORK | SIGCHLD)
        return self._child("vfork", (), lambda: do_fork(self.task, args))

    def clone(
        self, flags: int, stack: int = 0, parent_tid: int = 0, child_tid: int = 0, tls: int = 0
    ) -> Process:
        """Make a child that shares what the flags say; see clone(2).

        Args:
            flags: CLONE_* bits, with the signal sent at its end in the lowest byte.
            stack: where its stack pointer stands; 0 = where that of this process does.
            parent_tid: where in this memory its number is stored, with CLONE_PARENT_SETTID.
            child_tid: where in its memory the number is stored with CLONE_CHILD_SETTID, and
                becomes 0 with CLONE_CHILD_CLEARTID when it ends or calls execve.
            tls: where its segment fs begins, with CLONE_SETTLS.

        Returns:
            The child.

        Raises:
            LinuxError: EINVAL for CLONE_THREAD without CLONE_SIGHAND, or that without CLONE_VM,
                and for flags that exclude each other; ENOMEM without memory for a copy; EPERM for
                `tls` outside of user space. A number that cannot be stored is not.

        Source: kernel/fork.c: SYSCALL_DEFINE5(clone) [v5.4].
        """
        return self._child(
            "clone",
            (flags, stack, parent_tid, child_tid, tls),
            lambda flags, *args: do_fork(self.task, KernelCloneArgs(flags & _UINT_MAX, *args)),
        )

    def clone3(self, cl_args: int, size: int) -> Process:
        """Make a child that shares what a structure in memory says; see clone3(2).

        Args:
            cl_args: where struct clone_args stands, bytes.
            size: of it, bytes.

        Returns:
            The child.

        Raises:
            LinuxError: E2BIG for a structure that asks for what there is not; EINVAL for one that
                is too short, and as `clone`; EFAULT if it cannot be read; ENOMEM; EPERM.

        Source: kernel/fork.c: SYSCALL_DEFINE2(clone3) [v6.18].
        """
        return self._child(
            "clone3", (cl_args, size), lambda addr, size: clone3(self.task, addr, size)
        )

    def execve(
        self,
        path: str,
        argv: Sequence[str] | None = None,
        env: Mapping[str, str] | Sequence[str] = (),
    ) -> None:
        """Run another program in this process; see execve(2).

        Args:
            path: the program.
            argv: arguments; the path alone unless given.
            env: environment, by name; or its strings as they are, with or without a '='.

        Raises:
            LinuxError: ENOENT, ENOTDIR, EACCES if there is no such program; ENOEXEC if it is
                neither x86-64 ELF nor a script; ETXTBSY if it is open for writing; ELOOP
                for too many scripts in a row; E2BIG for too many arguments; ENOMEM. The old
                program goes on.
            Killed: the new program could not be loaded after the old one was gone.

        Source: fs/exec.c: SYSCALL_DEFINE3(execve) [v5.4].
        """
        words, envp = program(path, argv, env)
        self._syscall(
            "execve",
            (path, words, envp),
            lambda path, words, envp: do_execve(self.task, path, _bytes(words), _bytes(envp)),
        )

    def exit(self, code: int = 0) -> None:
        """End the process with all its threads; see exit_group(2).

        Args:
            code: what its parent learns; its lowest 8 bits count.

        Raises:
            LinuxError: never.

        Source: kernel/exit.c: SYSCALL_DEFINE1(exit_group) [v5.4].
        """
        self._exit("exit_group", code, do_group_exit)

    def exit_thread(self, code: int = 0) -> None:
        """End this thread; the process ends with its last one. See _exit(2).

        Args:
            code: what the parent learns if it is the last; its lowest 8 bits count.

        Raises:
            LinuxError: never.

        Source: kernel/exit.c: SYSCALL_DEFINE1(exit) [v5.4].
        """
        self._exit("exit", code, do_exit)

    def _exit(self, call: str, code: int, leave: Callable[[TaskStruct, int], None]) -> None:
        self._syscall(call, (code,), lambda code: self._sent(leave, (code & 0xFF) << 8))

    def wait(
        self, pid: int = -1, options: int = WALL, wstatus: int = 0, rusage: int = 0
    ) -> tuple[int, int]:
        """Collect a child that has ended; see wait4(2).

        Args:
            pid: of the child; -1 = any, 0 = any of this process group, less = any of the group of
                that number.
            options: WNOHANG answers (0, 0) where Linux would sleep. Without __WALL only children
                count that send SIGCHLD at their end, or with __WCLONE only the others.
            wstatus: where in memory the status goes, 4 bytes; 0 = nowhere.
            rusage: where in memory goes what the child used, 144 bytes; 0 = nowhere.

        Returns:
            Its pid, and its status as wait(2) encodes it: the code it gave to exit << 8, or
            the number of the signal that killed it. `WIFEXITED`, `WEXITSTATUS`, `WIFSIGNALED` and
            `WTERMSIG` read it.

        Raises:
            LinuxError: ECHILD without such children; EAGAIN if none has ended, where Linux would
                sleep; EINVAL for other options; ESRCH for a group without a number; EFAULT.

        Source: kernel/exit.c: SYSCALL_DEFINE4(wait4) [v6.18].
        """
        return self._syscall(
            "wait4", (pid, options, wstatus, rusage), lambda *args: kernel_wait4(self.task, *args)
        )

    def set_tid_address(self, tidptr: int) -> int:
        """Say where the number of this thread becomes 0 at its end; see set_tid_address(2).

        Others that share the memory then see it; so it does at execve. Who waits there (futex) is
        not woken.

        Args:
            tidptr: where in memory, 4 bytes; 0 = nowhere.

        Returns:
            The number of this thread.

        Raises:
            LinuxError: never: a place that cannot be written to is passed over at the end.

        Source: kernel/fork.c: SYSCALL_DEFINE1(set_tid_address) [v6.18].
        """
        return self._syscall(
            "set_tid_address", (tidptr,), lambda tidptr: set_tid_address(self.task, tidptr)
        )


_UINT_MAX = (1 << 32) - 1


def _bytes(words: Sequence[str]) -> list[bytes]:
    return [word.encode(errors="surrogateescape") for word in words]


def _of(owner: Owner, pid: int, comm: str) -> Process:
    return owner._process_numbered(pid, comm)
