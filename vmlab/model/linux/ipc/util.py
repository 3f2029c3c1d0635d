"""Numbers and keys of System V objects."""

from __future__ import annotations

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.linux.include.structs import IpcIds, ShmidKernel

IPCMNI_SHIFT = 15  # bits of a number that are its place; above them stands how often it was used
_IPCMNI = 1 << IPCMNI_SHIFT
_IPC_MIN_CYCLE = 64  # places that are used before one of them is used again
_SEQ_MAX = 0x7FFFFFFF >> IPCMNI_SHIFT


def ipc_findkey(ids: IpcIds, key: int) -> ShmidKernel | None:
    """Return the segment of a key.

    Source: ipc/util.c: ipc_findkey() [v6.18].
    """
    return next((shp for shp in ids.segments.values() if shp.key == key), None)


def ipc_obtain_object_check(ids: IpcIds, shmid: int) -> ShmidKernel:
    """Return the segment of a number.

    Raises:
        LinuxError: EINVAL if there is none.

    Source: ipc/util.c: ipc_obtain_object_check() [v6.18].
    """
    shp = ids.segments.get(shmid)
    if shp is None:
        raise LinuxError(errno.EINVAL, "no_segment", shmid=shmid)
    return shp


def ipc_idr_alloc(ids: IpcIds) -> int:
    """Return the next number: places go round, so that a number is not soon used again.

    Source: ipc/util.c: ipc_idr_alloc() [v6.18].
    """
    used = {shmid % _IPCMNI for shmid in ids.segments}
    end = min(max(len(used) * 3 // 2, _IPC_MIN_CYCLE), _IPCMNI)
    places: tuple[int, ...] = (*range(ids.next_idx, end), *range(end))
    idx = next(place for place in places if place not in used)
    if idx < ids.next_idx:
        ids.seq = (ids.seq + 1) % _SEQ_MAX
    ids.next_idx = idx + 1
    return (ids.seq << IPCMNI_SHIFT) + idx
