"""What snapshots of older versions say, in the form of this one."""

from __future__ import annotations

from typing import Any

from vmlab.model.abi.fcntl import F_SEAL_SEAL
from vmlab.model.abi.resource import RLIM_INFINITY, Rlimit
from vmlab.model.linux.include.sched import MMF_TOPDOWN, PF_KTHREAD
from vmlab.model.mmu.page import page_align

Data = dict[str, Any]  # a snapshot as JSON data

_INIT = 1  # pid


def as_in_version_2(data: Data) -> Data:
    """Say of a snapshot of the first version what it does not tell."""
    for tell in (_layout_is_told, _seals_are_told):
        data = tell(data)
    return data


def as_in_version_3(data: Data) -> Data:
    """Say of a snapshot of version 2 what it does not tell."""
    for tell in (_hard_limits_are_told, _registers_are_told, _segments_are_told):
        data = tell(data)
    return data


def _layout_is_told(data: Data) -> Data:
    # What was always so: top-down, not random.
    return {
        **data,
        "mms": [_mm(mm) for mm in data["mms"]],
        "tasks": [{**task, "flags": _flags(task), "personality": 0} for task in data["tasks"]],
        "system": {**data["system"], "randomize_va_space": 0, "random_state": 0},
    }


def _mm(mm: Data) -> Data:
    end = mm["task_size"]
    window = min(int(end, 16) if isinstance(end, str) else end, (1 << 47) - (1 << 12))
    base = page_align(window // 3)
    return {**mm, "flags": f"{MMF_TOPDOWN:#x}", "mmap_legacy_base": f"{base:#x}"}


def _flags(task: Data) -> int | str:
    is_kthread = not (task["mm"] or task["files"] or task["state"] == "Z" or task["pid"] == _INIT)
    return f"{PF_KTHREAD:#x}" if is_kthread else 0


def _seals_are_told(data: Data) -> Data:
    # No file was sealed, and open files have no flags but those of their mode.
    return {
        **data,
        "files": [{**file, "f_flags": 0} for file in data["files"]],
        "inodes": [{**inode, "i_mode": 0o777, "seals": F_SEAL_SEAL} for inode in data["inodes"]],
    }


def _registers_are_told(data: Data) -> Data:
    # FS and GS began at 0.
    return {**data, "tasks": [{**task, "fsbase": 0, "gsbase": 0} for task in data["tasks"]]}


def _hard_limits_are_told(data: Data) -> Data:
    # There were none, five resources had soft ones, and each thread its own.
    of_process = {task["tgid"]: dict(task["rlimits"]) for task in reversed(data["tasks"])}
    return {
        **data,
        "tasks": [{**task, "rlimits": _limits(of_process[task["tgid"]])} for task in data["tasks"]],
    }


def _limits(soft: dict[int, int]) -> list[list[int]]:
    return [[int(each), soft.get(each, RLIM_INFINITY), RLIM_INFINITY] for each in Rlimit]


def _segments_are_told(data: Data) -> Data:
    # There were none.
    none = {"shm": [], "shm_next_idx": 0, "shm_seq": 0}
    return {**data, "system": {**data["system"], **none}}
