"""What snapshots of older versions say, in the form of this one."""

from __future__ import annotations

from typing import Any

from vmlab.model.abi.fcntl import F_SEAL_SEAL

Data = dict[str, Any]  # a snapshot as JSON data


def seals_and_peaks_are_told(data: Data) -> Data:
    """Say that no file was sealed, that open files have no flags but those of their mode, and that
    no address space is known to have been larger."""
    return {
        **data,
        "files": [{**file, "f_flags": 0} for file in data["files"]],
        "inodes": [{**inode, "i_mode": 0o777, "seals": F_SEAL_SEAL} for inode in data["inodes"]],
        "mms": [{**mm, "hiwater_vm": 0, "hiwater_rss": 0} for mm in data["mms"]],
    }
