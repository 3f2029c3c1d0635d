"""What snapshots of older versions say, in the form of this one."""

from __future__ import annotations

from array import array
from typing import Any

from vmlab.model.abi.fcntl import F_SEAL_SEAL
from vmlab.model.abi.mman import VM_ACCOUNT, VM_SHARED
from vmlab.model.abi.resource import RLIM_INFINITY, Rlimit
from vmlab.model.linux.arch.x86.include.ptrace import PtRegs, values_of
from vmlab.model.linux.include.extents_status import ES_WRITTEN
from vmlab.model.linux.include.file_ra_state import VM_READAHEAD_PAGES
from vmlab.model.linux.include.fs import (
    DEV_DEVPTS,
    DEV_DISK,
    DEV_SHMEM,
    DEV_TMPFS,
    NULL_DEV,
    PTS_DEV,
    RANDOM_DEV,
    S_IFCHR,
    S_IFIFO,
    S_IFREG,
    TTY_DEV,
    URANDOM_DEV,
    ZERO_DEV,
)
from vmlab.model.linux.include.sched import MMF_TOPDOWN, PF_KTHREAD, SUID_DUMP_USER
from vmlab.model.linux.include.structs import (
    MM_ANONPAGES,
    MM_FILEPAGES,
    MM_SHMEMPAGES,
    NR_MM_COUNTERS,
    OVERCOMMIT_GUESS,
)
from vmlab.model.linux.mm.pgtable import PRESENT, vm_get_page_prot
from vmlab.model.mmu.page import PAGE_SIZE, page_align
from vmlab.model.mmu.pte import PFN_MASK, PFN_SHIFT, SPECIAL, P
from vmlab.state.codec import from_runs
from vmlab.state.migrations_sockets import with_names_of_sockets

Data = dict[str, Any]  # a snapshot as JSON data

_INIT = 1  # pid
_ASKED = ("fsbase", "gsbase", "clear_child_tid")  # of a task
_SIGNALS: Data = {
    "actions": [],
    "pending": [],
    "shared_pending": [],
    "saved_sigmask": None,
    **dict.fromkeys(("blocked", "sas_ss_sp", "sas_ss_size", "sas_ss_flags"), 0),
    **dict.fromkeys(("trap_nr", "error_code", "cr2"), 0),
    "futex": [],
    "timer": None,
    "rseq_event": False,
    **dict.fromkeys(("robust_list", "rseq", "rseq_len", "rseq_sig"), 0),
}
_CALM = {"fpu": "", "written": 0, "usage": [0] * 6}  # of a task
_PWD = ("fs", "pwd", "umask")  # of a task
_CLOSED = {"da_alloc_close": False}
_SENT = ("pending", "shared_pending")  # of a task
_NO_TIMERS: Data = {
    "posix_timers": [],
    "next_posix_timer_id": 0,
    "sysvsem": 0,
    **dict.fromkeys(("sem_queue", "msg_receiver", "msg_sender")),
}
_NO_IPC: Data = {
    "sem": [],
    "sem_next_idx": 0,
    "sem_seq": 0,
    "sem_undo": [],
    "msg": [],
    "msg_next_idx": 0,
    "msg_seq": 0,
}
_UNMARKED: Data = {
    **dict.fromkeys(("i_uid", "i_gid", "i_rdev", "i_atime", "i_mtime", "i_ctime"), 0),
    "i_fifo": [],
    "i_link": "",
    "linkable": False,
}
_DEVICES = {
    "/dev/null": NULL_DEV,
    "/dev/zero": ZERO_DEV,
    "/dev/random": RANDOM_DEV,
    "/dev/urandom": URANDOM_DEV,
    "/dev/tty": TTY_DEV,
}
_SHARED = "/dev/zero"  # anonymous memory


def as_in_version_2(data: Data) -> Data:
    """Say of a snapshot of the first version what it does not tell."""
    return _seals_are_told(_layout_is_told(data))


def as_in_version_3(data: Data) -> Data:
    """Say of a snapshot of the second version what it does not tell."""
    for told in (_requests, _hard_limits, _segments, _rss, _committed_pages):
        data = told(data)
    return data


def as_in_version_4(data: Data) -> Data:
    """Say of a snapshot of the third version what it does not tell."""
    for told in (_registers, _terminal, _pidfds, _batches, _pipes, _working_directories, _disk):
        data = told(data)
    return data


def as_in_version_5(data: Data) -> Data:
    """Say of a snapshot of the fourth version what it does not tell."""
    # No process was stopped, waited for SIGALRM or asked for a signal; all could be dumped.
    mms = [{**mm, "flags": f"{_number(mm['flags']) | SUID_DUMP_USER:#x}"} for mm in data["mms"]]
    silent = {"signal": [0, 0, None, 0], "pdeath_signal": 0}
    return {**data, "mms": mms, "tasks": [{**task, **silent} for task in data["tasks"]]}


def as_in_version_6(data: Data) -> Data:
    """Say of a snapshot of the fifth version what it does not tell."""
    # No file could be locked.
    return {**data, "inodes": [{**inode, "i_flctx": []} for inode in data["inodes"]]}


def as_in_version_7(data: Data) -> Data:
    """Say of a snapshot of the sixth version what it does not tell."""
    return _attributes(_files_without_bytes(_ipc(data)))


def as_in_version_8(data: Data) -> Data:
    """Say of a snapshot of the seventh version what it does not tell."""
    # There was no swap.
    system = {**data["system"], "swap": [], "swapped": []}
    return with_names_of_sockets({**data, "system": system})


def _ipc(data: Data) -> Data:
    # There were neither semaphores nor messages nor timers, and signals had no values.
    return {
        **data,
        "tasks": [_without_ipc(task) for task in data["tasks"]],
        "system": {**data["system"], **_NO_IPC},
    }


def _without_ipc(task: Data) -> Data:
    sent = {name: [[*info, 0, 0, 0, 0, 0] for info in task[name]] for name in _SENT}
    return {**task, **sent, "signal": [*task["signal"], 0, 0, 0, 0], **_NO_TIMERS}


def _files_without_bytes(data: Data) -> Data:
    # There were neither sockets nor files that only count, watch others, or stand for times.
    none: Data = {"private": [], "epitems": [], "skbs": []}
    return {**data, "inodes": [{**inode, **none} for inode in data["inodes"]]}


def _attributes(data: Data) -> Data:
    # All files were root's; there were no symbolic links, FIFOs and times; a name told which device
    # it is.
    inodes = [{**inode, **_UNMARKED, **_device(inode)} for inode in data["inodes"]]
    files = [{**file, "f_ra": [*file["f_ra"], VM_READAHEAD_PAGES]} for file in data["files"]]
    system = {**data["system"], "offsets": []}
    return {**data, "inodes": inodes, "files": files, "system": system}


def _device(inode: Data) -> Data:
    if inode["kind"] == S_IFIFO:
        return {"i_mode": 0o600}
    if inode["kind"] != S_IFCHR:
        return {}
    if inode["dev"] == DEV_DEVPTS:
        return {"i_mode": 0o620, "i_rdev": PTS_DEV}
    return {"i_mode": 0o666, "i_rdev": _DEVICES.get(inode["name"], 0)}


def _registers(data: Data) -> Data:
    # Only two of them were told. All processes were in the group of the first.
    return {**data, "tasks": [_with_registers(**task) for task in data["tasks"]]}


def _with_registers(rip: int | str, rsp: int | str, **task: Any) -> Data:
    regs = PtRegs(ip=_number(rip), sp=_number(rsp))
    groups = dict.fromkeys(("pgrp", "session"), _INIT if task["files"] else 0)
    told = {"regs": [f"{each:#x}" for each in values_of(regs)], "sighand": task["pid"]}
    return {**task, **groups, **told, **_SIGNALS, **_CALM}


def _terminal(data: Data) -> Data:
    # There was none, and no clock; nobody waited for others.
    none = {"console": "", "stdin": "", "clock": 0, "futex_queue": []}
    return {**data, "system": {**data["system"], **none}}


def _pipes(data: Data) -> Data:
    # They held what was not read yet from the beginning of their pages on.
    inodes = []
    for inode in data["inodes"]:
        size = _number(inode["i_size"]) if inode["kind"] == S_IFIFO else 0
        starts = range(0, size, PAGE_SIZE)
        pipe = [[start // PAGE_SIZE, 0, min(PAGE_SIZE, size - start)] for start in starts]
        inodes.append({**inode, "pipe": pipe})
    return {**data, "inodes": inodes}


def _working_directories(data: Data) -> Data:
    # All were the root; processes did not share them.
    root = dict(data["system"]["paths"])["/"]
    having = sorted({task["tgid"] for task in data["tasks"] if task["files"]})
    numbers = {tgid: number for number, tgid in enumerate(having, 1)}
    tasks = []
    for task in data["tasks"]:
        fs = numbers[task["tgid"]] if task["files"] else 0
        own = {"fs": fs, "pwd": root, "umask": 0o022} if fs else dict.fromkeys(_PWD, 0)
        tasks.append({**task, **own})
    inodes = [
        {**inode, "i_count": inode["i_count"] + len(having) * (inode["ino"] == root)}
        for inode in data["inodes"]
    ]
    system = {**data["system"], "next_fs": len(having) + 1}
    return {**data, "tasks": tasks, "inodes": inodes, "system": system}


def _disk(data: Data) -> Data:
    # Files of the disk were as files in memory: each page they had is one that was written.
    disk = {inode["ino"] for inode in data["inodes"] if _is_on_disk(inode)}
    of_disk = {file["file"] for file in data["files"] if file["ino"] in disk}
    never_read = [0, 0, 0, 0, (1 << 64) - 1]
    return {
        **data,
        "files": [{**file, "f_ra": never_read} for file in data["files"]],
        "inodes": [
            {**inode, "i_es": _extents(inode) if inode["ino"] in disk else [], **_CLOSED}
            for inode in data["inodes"]
        ],
        "mms": [
            {**mm, "mmap": [_vma(vma, vma["vm_file"] in of_disk) for vma in mm["mmap"]]}
            for mm in data["mms"]
        ],
    }


def _is_on_disk(inode: Data) -> bool:
    return bool(inode["kind"] == S_IFREG and inode["dev"] == DEV_DISK)


def _extents(inode: Data) -> list[list[int]]:
    # The cached pages, run by run.
    found: list[list[int]] = []
    for index, _ in inode["i_pages"]:
        if found and found[-1][1] == index:
            found[-1][1] += 1
        else:
            found.append([index, index + 1, ES_WRITTEN])
    return found


def _vma(vma: Data, of_disk: bool) -> Data:
    # The first write to each page of a file of the disk is noticed.
    if not of_disk:
        return vma
    prot = vm_get_page_prot(_number(vma["vm_flags"]) & ~VM_SHARED)
    return {**vma, "vm_ops": "ext4", "vm_page_prot": f"{prot:#x}"}


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


def _requests(data: Data) -> Data:
    # Nobody could ask for segments of the CPU, for barriers, or for a number to become 0.
    return {
        **data,
        "mms": [{**mm, "membarrier_state": 0} for mm in data["mms"]],
        "tasks": [{**task, **dict.fromkeys(_ASKED, 0)} for task in data["tasks"]],
    }


def _hard_limits(data: Data) -> Data:
    # There were none, five resources had soft ones, and each thread its own.
    of_process = {task["tgid"]: dict(task["rlimits"]) for task in reversed(data["tasks"])}
    return {
        **data,
        "tasks": [{**task, "rlimits": _limits(of_process[task["tgid"]])} for task in data["tasks"]],
    }


def _limits(soft: dict[int, int]) -> list[list[int]]:
    return [[int(each), soft.get(each, RLIM_INFINITY), RLIM_INFINITY] for each in Rlimit]


def _segments(data: Data) -> Data:
    # There were none.
    none = {"shm": [], "shm_next_idx": 0, "shm_seq": 0}
    return {**data, "system": {**data["system"], **none}}


def _pidfds(data: Data) -> Data:
    # There were none.
    return {**data, "inodes": [{**inode, "pid": 0} for inode in data["inodes"]]}


def _batches(data: Data) -> Data:
    # Nothing waited to be active, or not to be.
    *lru, mlock, mlock_new = data["system"]["batches"]
    return {**data, "system": {**data["system"], "batches": [*lru, [], [], mlock, mlock_new]}}


def _rss(data: Data) -> Data:
    # Pages in memory were not counted: they are now. No process is known to have had more.
    tmpfs = {inode["ino"] for inode in data["inodes"] if inode["dev"] in (DEV_TMPFS, DEV_SHMEM)}
    members = {page["pfn"]: _mm_counter(page, tmpfs) for page in data["pages"]}
    peaks = {"hiwater_vm": 0, "hiwater_rss": 0}
    return {
        **data,
        "mms": [{**mm, **peaks, "rss_stat": _rss_stat(data, mm, members)} for mm in data["mms"]],
        "tasks": [{**task, "maj_flt": 0} for task in data["tasks"]],
    }


def _mm_counter(page: Data, tmpfs: set[int]) -> int:
    if page["kind"] == "anon":
        return MM_ANONPAGES
    return MM_SHMEMPAGES if page["mapping"] in tmpfs else MM_FILEPAGES


def _rss_stat(data: Data, mm: Data, members: dict[int, int]) -> list[list[int]]:
    # The frames that last-level entries map, by what they count for.
    geometry = data["geometry"]
    last = len(geometry["level_bits"]) - 1
    rss = [0] * NR_MM_COUNTERS
    pending = [(0, mm["pgd"])]
    seen = set()
    while pending:
        level, pfn = pending.pop()
        if pfn in seen:
            raise ValueError(pfn)  # a table that is used twice
        seen.add(pfn)
        table = from_runs(data["ram"].get(str(pfn), {}), "ram", PAGE_SIZE)
        for entry in array({4: "I", 8: "Q"}[geometry["entry_bytes"]], table):
            target = (entry & PFN_MASK) >> PFN_SHIFT
            if level < last and entry & P:
                pending.append((level + 1, target))
            elif level == last and entry & PRESENT and not entry & SPECIAL:
                rss[members[target]] += 1
    return [[pages, pages] for pages in rss]


def _committed_pages(data: Data) -> Data:
    # Promised pages were not counted: they are now. Only shared memory was promised as a whole.
    inodes = [{**inode, "noreserve": inode["name"] != _SHARED} for inode in data["inodes"]]
    pages = sum(_committed(inode) for inode in inodes)
    for vma in (vma for mm in data["mms"] for vma in mm["mmap"]):
        start, end, flags = (_number(vma[name]) for name in ("vm_start", "vm_end", "vm_flags"))
        pages += (end - start) // PAGE_SIZE if flags & VM_ACCOUNT else 0
    counted = {"vm_committed_as": [pages, pages], "overcommit_memory": OVERCOMMIT_GUESS}
    system = {**data["system"], **counted, "overcommit_ratio": 50, "overcommit_kbytes": 0}
    return {**data, "inodes": inodes, "system": system}


def _committed(inode: Data) -> int:
    if inode["kind"] != S_IFREG or inode["dev"] not in (DEV_TMPFS, DEV_SHMEM):
        return 0
    size: int = page_align(_number(inode["i_size"])) // PAGE_SIZE
    return len(inode["i_pages"]) if inode["noreserve"] else size


def _number(value: int | str) -> int:
    return int(value, 16) if isinstance(value, str) else value
