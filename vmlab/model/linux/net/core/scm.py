"""Open files that go along with what is sent."""

from __future__ import annotations

import struct

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.socket import SCM_RIGHTS, SOL_SOCKET
from vmlab.model.linux.fs.file import fd_install, fget
from vmlab.model.linux.fs.file_table import fput
from vmlab.model.linux.include.structs import File, TaskStruct
from vmlab.model.linux.lib.usercopy import store_number, store_to_user

_INT, _LONG = 4, 8  # bytes
_CMSGHDR = struct.Struct("<Qii")
_SCM_MAX_FD = 253


def scm_send(task: TaskStruct, control: bytes) -> tuple[File, ...]:
    """Return the open files that go along with a message.

    Args:
        task: the caller.
        control: the struct cmsghdr that tell them.

    Raises:
        LinuxError: EBADF; EINVAL for lengths that cannot be, and for what else could go along.

    Source: net/core/scm.c: __scm_send(), scm_fp_copy() [v6.18].
    Left out: SCM_CREDENTIALS.
    """
    files: list[File] = []
    at = 0
    while at + _CMSGHDR.size <= len(control):
        length, level, kind = _CMSGHDR.unpack_from(control, at)
        if not _CMSGHDR.size <= length <= len(control) - at:
            raise LinuxError(errno.EINVAL, "control_length", nr_bytes=length)
        if level == SOL_SOCKET:
            if kind != SCM_RIGHTS:
                raise LinuxError(errno.EINVAL, "control_unknown", type=kind)
            numbers = (length - _CMSGHDR.size) // _INT
            if numbers > _SCM_MAX_FD - len(files):
                raise LinuxError(errno.EINVAL, "control_length", nr_bytes=length)
            fds = struct.unpack_from(f"<{numbers}i", control, at + _CMSGHDR.size)
            files += [fget(task, fd) for fd in fds]
        at += -(-length // _LONG) * _LONG
    return tuple(files)


def scm_detach_fds(
    task: TaskStruct, files: tuple[File, ...], control: int, room: int, cloexec: bool
) -> tuple[int, bool]:
    """Give the caller descriptors of the open files that came along.

    Args:
        task: the caller.
        files: the open files.
        control: bytes: where it is told which descriptors.
        room: bytes there.
        cloexec: execve closes them.

    Returns:
        The bytes that tell of them, and whether some had no room.

    Emits: fd_install, copy_to_user.
    Source: net/core/scm.c: scm_detach_fds() [v6.18].
    """
    most = max(0, room - _CMSGHDR.size) // _INT if control else 0
    given = 0
    for file in files[:most]:
        try:
            file.f_count += 1
            fd = fd_install(task, file, cloexec)
            store_number(task, control + _CMSGHDR.size + given * _INT, fd, _INT)
        except LinuxError:
            break
        given += 1
    used = 0
    if given:
        length = _CMSGHDR.size + given * _INT
        store_to_user(task, control, _CMSGHDR.pack(length, SOL_SOCKET, SCM_RIGHTS))
        used = min(-(-length // _LONG) * _LONG, room)
    drop_files(task, files)
    return used, given < len(files)


def drop_files(task: TaskStruct, files: tuple[File, ...]) -> None:
    """Close open files that came along and nobody took. The name is vmlab's.

    Source: net/core/scm.c: __scm_destroy() [v6.18].
    """
    for file in files:
        fput(task.system, file)


def scm_fp_dup(files: tuple[File, ...]) -> tuple[File, ...]:
    """Hold open files that go along with a message; return them.

    Source: net/core/scm.c: scm_fp_dup() [v6.18].
    """
    for file in files:
        file.f_count += 1
    return files
