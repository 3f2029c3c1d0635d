"""Where a stream sleeps, or comes back with what there was."""

from __future__ import annotations

from collections.abc import Callable

from vmlab.errors import LinuxError, Sleeps
from vmlab.model.abi import errno
from vmlab.model.abi.fcntl import O_NONBLOCK
from vmlab.model.abi.socket import MSG_DONTWAIT
from vmlab.model.linux.arch.x86.include.ptrace import NO_CALL
from vmlab.model.linux.include.structs import File, TaskStruct
from vmlab.model.linux.kernel.signal import signal_pending

ROOM = "socket_full_now", "socket_full"
DATA = "socket_empty_now", "socket_empty"


def stream_wait(
    task: TaskStruct,
    file: File,
    flags: int,
    done: int,
    wanted: tuple[str, str],
    until: Callable[[], bool],
) -> int:
    """Sleep for more, or return how many bytes there were. The name is vmlab's.

    Args:
        task: the caller.
        file: the socket.
        flags: MSG_* bits.
        done: bytes that it sent or received so far.
        wanted: ROOM or DATA.
        until: says whether it is worth while to look again.

    Raises:
        LinuxError: EAGAIN if there were none, and it shall not sleep.
        Sleeps: it shall.

    Source: net/core/stream.c: sk_stream_wait_memory() [v6.18]; net/core/sock.c: sk_wait_data(),
        sock_wait_for_wmem() [v6.18].
    """
    now, later = wanted
    if file.f_flags & O_NONBLOCK or flags & MSG_DONTWAIT:
        if done:
            return done
        raise LinuxError(errno.EAGAIN, now)
    # Without machine code, nobody makes the call again for what is left.
    if done and (task.regs.orig_ax == NO_CALL or signal_pending(task)):
        return done
    task.written = done
    raise Sleeps(until, later)
