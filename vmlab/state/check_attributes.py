"""Do owners, links and numbers of devices make sense?"""

from __future__ import annotations

from vmlab.model.abi.kinds import UINT
from vmlab.model.linux.fs.namei import PATH_MAX
from vmlab.model.linux.include.fs import (
    FMODE_READ,
    FMODE_WRITE,
    S_IFBLK,
    S_IFCHR,
    S_IFIFO,
    S_IFLNK,
    S_IFREG,
)
from vmlab.state.check_field import need
from vmlab.state.snapshot import InodeState


def check_attributes(inode: InodeState, field: str, pids: set[int]) -> None:
    """Check what an inode says of itself besides its pages.

    Args:
        inode: the inode.
        field: its name in messages.
        pids: of all tasks.

    Raises:
        StateError: names the field that contradicts the others.
    """
    size = len(inode.i_link.encode(errors="surrogateescape"))
    is_link = inode.kind == S_IFLNK
    need(
        size < PATH_MAX and bool(size) == is_link and (not is_link or inode.i_size == size),
        f"{field}.i_link",
        "field_impossible",
    )
    for name in ("i_uid", "i_gid", "i_rdev"):
        need(getattr(inode, name) in UINT, f"{field}.{name}", "field_impossible")
    has_device = inode.kind in (S_IFCHR, S_IFBLK)
    need(has_device or not inode.i_rdev, f"{field}.i_rdev", "field_impossible")
    need(
        not inode.linkable or (inode.kind == S_IFREG and not inode.i_nlink),
        f"{field}.linkable",
        "field_impossible",
    )
    openers = [pid for pid, *_ in inode.i_fifo]
    need(
        all(mode in (FMODE_READ, FMODE_WRITE) for _, mode, _, _ in inode.i_fifo)
        and len(set(openers)) == len(openers)
        and pids.issuperset(openers)
        and (inode.kind == S_IFIFO or not openers),
        f"{field}.i_fifo",
        "field_impossible",
    )
