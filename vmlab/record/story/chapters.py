"""The chapters of a call: at most seven runs of its steps, each worth a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from types import MappingProxyType

from vmlab.model.abi.calls import ACCESSES, CALLS
from vmlab.model.machine_code import TOUCH
from vmlab.model.trace.event import Event
from vmlab.record.history import CallPathEntry, Steps
from vmlab.words.headlines import title_words

MOST = 7

# What begins a chapter: its title, and the names of events ("last:" = the last of that name only,
# "after:" = what comes when the last of that name has found its place in the tree) and functions().
# Chapters come in this order, and any may be missing; a step that begins none belongs to the one
# before.
Plan = tuple[tuple[str, frozenset[str]], ...]


def _on(title: str, *events: str) -> tuple[str, frozenset[str]]:
    return title, frozenset(events)


_REGION_EVENTS = ("vma_link", "vma_merge", "vma_adjust", "stack_grow")
_SPLIT = _on("region_split", "vma_split", "vma_adjust", "vma_link")
_FOUND = _on("region_found", "find_vma")
_BACK = _on("frames_back", "pte_clear", "pagecache_remove", "mm_page_free")
_BROUGHT = _on("pages_brought_in", "fault_branch", "page_fault")

_MADE = ("vma_link", "vma_merge", "vma_not_merged", "inode_create")

_PLANS: Mapping[str, Plan] = MappingProxyType(
    {
        "mmap": (
            _on("place_chosen", "find_vma", "vm_unmapped_area"),
            _on("old_removed", "__split_vma()", "vms_complete_munmap_vmas()"),
            *(_on("region_made", *_MADE), _on("region_grown", *_MADE, "vma_adjust")),
            _BROUGHT,
        ),
        "munmap": (_FOUND, _SPLIT, _on("region_removed", "vma_unlink"), _BACK),
        "mprotect": (
            *(_FOUND, _SPLIT),
            _on("rights_changed", "vma_flags", "vma_merge", "vma_unlink"),
            _on("entries_changed", "pte_set"),
        ),
        "mremap": (
            *(_FOUND, _on("place_chosen", "vm_unmapped_area")),
            _on("region_changed", "vma_link", "vma_merge", "vma_adjust"),
            _on("pages_moved", "table_move", "pte_set"),
            _on("old_removed", "last:vma_unlink"),
        ),
        "brk": (
            *(_FOUND, _on("region_changed", *_REGION_EVENTS, "vma_unlink", "vma_split")),
            *(_BACK, _on("heap_end_moved", "brk_change", "brk_refused"), _BROUGHT),
        ),
        "madvise": (
            *(_FOUND, _SPLIT, _on("flags_changed", "mm_def_flags", "vma_flags", "vma_merge")),
            _on(
                *("pages_treated", "pte_clear", "pte_guard", "pte_lazyfree", "pagecache_remove"),
                *("pte_swap", "swap_out"),
            ),
            _BROUGHT,
        ),
        "fork": (
            _on("regions_copied", "anon_vma_attach", "vma_link"),
            # Region by region, its pages are shared as soon as it is copied; when the last one is
            # there, all of them can be seen.
            _on("pages_shared", "after:vma_link"),
            _on("child_ready", "mm_users", "files_copy", "sched_process_fork"),
        ),
        "execve": (
            _on("program_opened", "file_open"),
            _on("old_program_goes", "mm_users"),
            _on("program_mapped", "sched_process_exec"),
            _on("arguments_written", "create_elf_tables()"),
        ),
        "exit": (
            _on("space_given_back", "mm_users", "vfork_done"),
            _on("files_closed", "fd_close", "file_close"),
            _on("process_over", "sched_process_exit"),
        ),
        "wait4": (
            _on("status_taken", "sched_process_wait"),
            _on("child_freed", "sched_process_free"),
        ),
        "open": (
            _on("file_found", "inode_create", "inode_truncate", "file_open"),
            _on("descriptor_given", "fd_install"),
        ),
        "close": (
            _on("descriptor_taken", "fd_close"),
            _on("file_closed", "file_close"),
            _on("file_freed", "mm_page_free", "inode_free"),
        ),
        "ftruncate": (
            _on("length_changed", "inode_truncate"),
            _on("entries_emptied", "pte_clear"),
            _on("frames_back", "pagecache_remove", "mm_page_free"),
            _on("rest_zeroed", "pagecache_write"),
        ),
        "fsync": (_on("pages_written", "pagecache_writeback"),),
        "read": (
            _on("memory_found", "tlb_hit", "tlb_miss", "page_walk"),
            _BROUGHT,
            _on("bytes_moved", "copy_to_user", "copy_from_user", "pagecache_write"),
        ),
        "fs.write": (
            _on("file_found", "inode_create", "inode_truncate"),
            _on("bytes_written", "pagecache_add", "pagecache_write", "mm_page_alloc"),
        ),
    }
)
# Chapters of a plan that are there only if such an event is.
_ONLY_WITH = {"region_grown": "vma_merge", "pages_shared": "pte_wrprotect"}
_ALIKE = {
    "vfork": "fork",
    "clone": "fork",
    "clone3": "fork",
    "exit_group": "exit",
    "mlock": "madvise",
    "mlock2": "madvise",
    "munlock": "madvise",
    "mlockall": "madvise",
    "remap_file_pages": "mmap",
    "munlockall": "madvise",
    "mseal": "madvise",
    "process_madvise": "madvise",
    "memfd_create": "open",
    "pipe": "open",
    "pidfd_open": "open",
    "dup2": "open",
    "fcntl": "open",
    "fdatasync": "fsync",
    "sync": "fsync",
    "msync": "fsync",
    "fs.sync": "fsync",
    "fs.install": "fs.write",
    "fs.truncate": "ftruncate",
    "truncate": "ftruncate",
    "fs.unlink": "close",
    "write": "read",
    "pread64": "read",
    "pwrite64": "read",
}

_NO_FAULT: Plan = (
    _on("tlb_asked", "tlb_hit", "tlb_miss"),
    _on("tables_walked", "page_walk"),
    _on("cpu_stops", "general_protection"),
)

# A page fault, from the CPU's exception to its next try.
_FRAMES = {
    "cow_copy": "frame_copied",
    "cow_reuse": "frame_kept",
    "pagecache_add": "frame_for_file",
    "mm_page_alloc": "frame_taken",
}
_FAULTS = ("first_fault", "second_fault", "third_fault")
_ENTRY_NODES = ("pte", "anonymous", "fault_type", "page_cache", "write", "cow")


@dataclass(frozen=True, slots=True)
class Chapter:
    """A run of steps that belong together."""

    title: str  # a code; the words for it stand in `vmlab.words`
    first: int  # number of its first step
    last: int  # number of its last step

    def __str__(self) -> str:
        return title_words(self.title)


def chapters(name: str, steps: Steps) -> tuple[Chapter, ...]:
    """Return the chapters of a call, one after the other, without gaps.

    Args:
        name: of the call.
        steps: all that it did.
    """
    titles = _access(steps) if name == TOUCH or name in ACCESSES else _call(name, steps)
    found: list[Chapter] = []
    first = steps.first
    for title, group in groupby(titles):
        count = sum(1 for _ in group)
        found.append(Chapter(title, first, first + count - 1))
        first += count
    return tuple(found)


def _call(name: str, steps: Steps) -> list[str]:
    events = steps.events
    plan = _PLANS.get(_ALIKE.get(name, name), ())
    begin = "call" if name in CALLS else "begins"
    titles = _follow(begin, plan, steps)
    if name in CALLS and events:
        entered = next((i for i, event in enumerate(events) if event.name == "sys_enter"), 0)
        if titles[-1] == begin:  # nothing of it has a chapter of its own
            titles[entered + 1 :] = ["work"] * (len(events) - entered - 1)
        if len(events) > 1 and events[-1].name == "sys_exit":
            titles[-1] = "answer"
    return titles


def _follow(begin: str, plan: Plan, steps: Steps) -> list[str]:
    # The title of each step: on from chapter to chapter, never back. In which function it happened
    # says more than what it is.
    titles: list[str] = []
    now, title = -1, begin
    last = {event.name: at for at, event in enumerate(steps.events)}
    plan = tuple(part for part in plan if _ONLY_WITH.get(part[0], begin) in (begin, *last))
    asked = frozenset[str]().union(*(keys for _, keys in plan))
    parts = {name: _part_of(plan, {name}) for name in (*last, *asked)}
    after = [
        (last[key[6:]], parts[key]) for key in asked if key.startswith("after:") and key[6:] in last
    ]
    known: Sequence[CallPathEntry] | None = None
    inside = -1  # the part that the functions on the path are of
    for at, (event, path) in enumerate(zip(steps.events, steps.paths, strict=True)):
        if path is not known:
            known, inside = path, _part_of(plan, {f"{frame.function}()" for frame in path})
        part = inside
        if part < 0:
            part = parts[event.name]
            if at == last[event.name]:
                part = max(part, parts.get(f"last:{event.name}", -1))
            # What the tree does to stay balanced belongs to the step that put something into it.
            if not event.name.startswith("rb_"):
                part = max([part, *(other for number, other in after if at > number)])
        if part > now:
            now, title = part, plan[part][0]
        titles.append(title)
    return titles


def _part_of(plan: Plan, names: set[str]) -> int:
    # The last part of a plan that one of some names begins; -1 = none.
    return max((at for at, (_, keys) in enumerate(plan) if names & keys), default=-1)


# Accesses


def _access(steps: Steps) -> list[str]:
    events = steps.events
    if not events:
        return []
    faults = [i for i, event in enumerate(events) if event.name == "page_fault"]
    if not faults:
        titles = _follow("cpu_wants", _NO_FAULT, steps)
    elif len(faults) == 1:
        titles = _one_fault(events, faults[0])
    else:
        titles = _many_faults(events, faults)
    _end(titles, events)
    return titles


def _one_fault(events: Sequence[Event], at: int) -> list[str]:
    names = [event.name for event in events]
    done = names.index("fault_done") + 1 if "fault_done" in names else len(events)
    fault = events[at:done]
    titles = _fault(fault)
    return ["cpu_stops"] * at + titles + ["cpu_tries_again"] * (len(events) - done)


def _fault(events: Sequence[Event]) -> list[str]:
    names = [event.name for event in events]
    last_set = max((i for i, name in enumerate(names) if name == "pte_set"), default=-1)
    frame = next((_FRAMES[name] for name in _FRAMES if name in _kinds(events)), "")
    titles: list[str] = []
    order = ("cpu_stops", "region_found", "entry_looked_at", frame, "entry_set")
    now = 0
    for number, event in enumerate(events):
        now = max(now, _phase(event, is_set=number > last_set))
        titles.append(order[now])
    return titles


def _kinds(events: Sequence[Event]) -> set[str]:
    # The names of events, but for page tables that are added.
    return {event.name for event in events if event.values().get("kind") != "table"}


def _phase(event: Event, *, is_set: bool) -> int:
    values = event.values()
    match event.name:
        case "find_vma":
            return 1
        case "fault_branch" if values["node"] in _ENTRY_NODES:
            return 2
        case "table_alloc":
            return 2
        case "mm_page_alloc":
            return 2 if values["kind"] == "table" else 3
        case "cow_copy" | "cow_reuse" | "pagecache_add":
            return 3
        case "pte_set" | "fault_done":
            return 4
        case "fault_around" if is_set:
            return 4
    return 0


def _many_faults(events: Sequence[Event], faults: Sequence[int]) -> list[str]:
    # A chapter for each fault, as far as there is room.
    titles = ["cpu_stops"] * len(events)
    for number, at in enumerate(faults):
        title = _FAULTS[number] if number < len(_FAULTS) else "more_faults"
        titles[at:] = [title] * (len(events) - at)
    return titles


def _end(titles: list[str], events: Sequence[Event]) -> None:
    # How the access ends: it is done, or a signal ends it, and maybe the process.
    names = [event.name for event in events]
    for name, title in (("signal_generate", "signal"), ("oom_kill", "memory_is_out")):
        if name in names:
            at = names.index(name)
            titles[at:] = [title] * (len(titles) - at)
            rest = [i for i in range(at + 1, len(names)) if names[i] in ("mm_users", "vfork_done")]
            if rest and "sched_process_exit" in names[at:]:
                titles[rest[0] :] = ["process_over"] * (len(titles) - rest[0])
    if names[-1] == "access_end" and titles[-1] != "cpu_tries_again":
        titles[-1] = "access_done"
