"""Numbers, keys and owners of System V objects."""

from __future__ import annotations

import struct
from typing import NamedTuple, TypeVar

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.shm import IPC_CREAT, IPC_EXCL, IPC_PRIVATE, IPC_STAT
from vmlab.model.abi.stat import S_IRWXUGO
from vmlab.model.abi.time import NSEC_PER_SEC
from vmlab.model.linux.include.ipc import IpcIds, KernIpcPerm
from vmlab.model.linux.include.structs import System

T = TypeVar("T", bound=KernIpcPerm)

IPCMNI_SHIFT = 15  # bits of a number that are its place; above them stands how often it was used
IPCMNI_IDX_MASK = (1 << IPCMNI_SHIFT) - 1
_IPCMNI = 1 << IPCMNI_SHIFT
_IPC_MIN_CYCLE = 64  # places that are used before one of them is used again
_SEQ_MAX = 0x7FFFFFFF >> IPCMNI_SHIFT
IPC64_PERM = struct.Struct("<6IH22x")  # key, owner, creator, mode, seq
_INVALID_UID = 0xFFFFFFFF


class Ipc64Perm(NamedTuple):
    """What IPC_SET changes of an object (struct ipc64_perm)."""

    uid: int
    gid: int
    mode: int


def ipcget(ids: IpcIds[T], key: int, flg: int, absent: str, exists: str) -> T | None:
    """Return the object of a key; None if a new one is to be made.

    Args:
        ids: the objects of the kind.
        key: IPC_PRIVATE = a new one.
        flg: IPC_CREAT, IPC_EXCL.
        absent: the code of the reason that there is none.
        exists: the code of the reason that there is one.

    Raises:
        LinuxError: ENOENT, EEXIST.

    Source: ipc/util.c: ipcget(), ipcget_public() [v6.18].
    Left out: namespaces, and that others than root may lack the right.
    """
    found = ipc_findkey(ids, key) if key != IPC_PRIVATE else None
    if found is None:
        if key != IPC_PRIVATE and not flg & IPC_CREAT:
            raise LinuxError(errno.ENOENT, absent, key=key)
        return None
    if flg & IPC_CREAT and flg & IPC_EXCL:
        raise LinuxError(errno.EEXIST, exists, key=key)
    return found


def ipc_findkey(ids: IpcIds[T], key: int) -> T | None:
    """Return the object of a key.

    Source: ipc/util.c: ipc_findkey() [v6.18].
    """
    return next((ipcp for ipcp in ids.ipcs.values() if ipcp.key == key), None)


def ipc_obtain_object_idr(ids: IpcIds[T], id: int) -> T | None:
    """Return the object at the place that a number tells, however often it was used.

    Source: ipc/util.c: ipc_obtain_object_idr() [v6.18].
    """
    idx = id & IPCMNI_IDX_MASK
    return next((ipcp for ipcp in ids.ipcs.values() if ipcp.id & IPCMNI_IDX_MASK == idx), None)


def ipc_obtain_object_stat(ids: IpcIds[T], id: int, cmd: int) -> T | None:
    """Return the object that a command asks about: IPC_STAT by its number, the others by its place.

    The name is vmlab's.

    Source: ipc/sem.c: semctl_stat() [v6.18]; ipc/msg.c: msgctl_stat() [v6.18].
    """
    return ids.ipcs.get(id) if cmd == IPC_STAT else ipc_obtain_object_idr(ids, id)


def ipc_get_maxidx(ids: IpcIds[T]) -> int:
    """Return the highest place in use; 0 if none is.

    Source: ipc/util.h: ipc_get_maxidx() [v6.18].
    """
    return max((id & IPCMNI_IDX_MASK for id in ids.ipcs), default=0)


def ipc_idr_alloc(ids: IpcIds[T]) -> int:
    """Return the next number: places go round, so that a number is not soon used again.

    Source: ipc/util.c: ipc_idr_alloc() [v6.18].
    """
    used = {id & IPCMNI_IDX_MASK for id in ids.ipcs}
    end = min(max(len(used) * 3 // 2, _IPC_MIN_CYCLE), _IPCMNI)
    places: tuple[int, ...] = (*range(ids.next_idx, end), *range(end))
    idx = next(place for place in places if place not in used)
    if idx < ids.next_idx:
        ids.seq = (ids.seq + 1) % _SEQ_MAX
    ids.next_idx = idx + 1
    return (ids.seq << IPCMNI_SHIFT) + idx


def kernel_to_ipc64_perm(ipcp: KernIpcPerm) -> bytes:
    """Return what is told of an object of any kind; root made all of them.

    Source: ipc/util.c: kernel_to_ipc64_perm() [v6.18].
    """
    owner = (ipcp.uid, ipcp.gid, 0, 0)
    return IPC64_PERM.pack(ipcp.key, *owner, ipcp.mode, ipcp.id >> IPCMNI_SHIFT)


def ipc64_perm(data: bytes) -> Ipc64Perm:
    """Return what a program wants to change of an object. The name is vmlab's.

    Source: ipc/msg.c: copy_msqid_from_user() [v6.18].
    """
    _, uid, gid, _, _, mode, _ = IPC64_PERM.unpack_from(data)
    return Ipc64Perm(uid, gid, mode)


def ipc_update_perm(perm: Ipc64Perm, out: KernIpcPerm) -> None:
    """Give an object another owner and other rights.

    Raises:
        LinuxError: EINVAL for an owner that there cannot be.

    Source: ipc/util.c: ipc_update_perm() [v6.18].
    """
    if _INVALID_UID in (perm.uid, perm.gid):
        raise LinuxError(errno.EINVAL, "owner_invalid")
    out.uid, out.gid = perm.uid, perm.gid
    out.mode = out.mode & ~S_IRWXUGO | perm.mode & S_IRWXUGO


def ktime_get_real_seconds(system: System) -> int:
    """Return what time it is, in seconds.

    Source: kernel/time/timekeeping.c: ktime_get_real_seconds() [v6.18].
    """
    return system.clock // NSEC_PER_SEC
