"""Where the variables of a living process are, and what they hold: looked at, not touched.

Left out: variables of blocks whose code is in several pieces, which optimising compilers make.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from elftools.dwarf.locationlists import BaseAddressEntry, LocationExpr, LocationParser

from vmlab.model import arguments
from vmlab.model.linux.fs.proc.task_mmu import vma_name
from vmlab.model.linux.include.structs import MmStruct, TaskStruct
from vmlab.model.linux.mm.pgtable import PRESENT, get_pte
from vmlab.model.linux.mm.vma import find_vma_in_tree
from vmlab.model.look import look
from vmlab.model.mmu.page import PAGE_MASK, PAGE_SIZE
from vmlab.model.mmu.pte import PFN_MASK, PFN_SHIFT
from vmlab.model.process import Process
from vmlab.programs.debug import Debug, Loaded, attribute, bounds, text
from vmlab.programs.debug import of as debug_of
from vmlab.programs.frames import Frame, own_frames, word
from vmlab.programs.locations import Context, Location, NotFound, locate
from vmlab.programs.types import CType, type_of

_VARIABLES = ("DW_TAG_variable", "DW_TAG_formal_parameter")
_MOST = 1 << 16  # bytes of a variable that are read
_SHOWN = 24  # characters of a value in a row of text


@dataclass(frozen=True, slots=True)
class Place:
    """A variable, and where it is.

    Attributes:
        name: in the source.
        type: as C writes it.
        scope: the function that it belongs to; '' = global, or static outside of functions.
        addr: bytes; None = in no memory, but in a register or nowhere.
        size: bytes.
        value: as C would write it; '' = unknown.
        region: what /proc/PID/maps calls the VMA; '' = nothing.
        vm_start: bytes: where the VMA begins; None = it is in none.
        frames: the frame of each of its pages; None = not present.
    """

    name: str
    type: str
    scope: str
    addr: int | None
    size: int
    value: str
    region: str = ""
    vm_start: int | None = None
    frames: tuple[int | None, ...] = ()

    def __str__(self) -> str:
        where = f"{self.addr:#x}" if self.addr is not None else ""
        value = f"{self.value[:_SHOWN]}..." if len(self.value) > _SHOWN + 3 else self.value
        return f"{self.name:<10} {self.type:<12} {where:<14} {self.region:<12} {value}".rstrip()


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of a source.

    Attributes:
        name: in the source.
        type: of it.
        scope: the function that it belongs to; '' = global, or static outside of functions.
        location: where it is.
        die: what DWARF says of it.
    """

    name: str
    type: CType
    scope: str
    location: Location
    die: Any


def variables(process: Process, depth: int = 0) -> list[Place]:
    """Return the variables that a process has now: of one function on its stack, then all others.

    Args:
        process: the process.
        depth: 0 = the innermost function of its own sources, 1 = the one that called that.

    Raises:
        ProgramError: its program has no debug information.
        ProcessError: it is dead.
    """
    arguments.instance(process, Process, "process")
    arguments.number(depth, "depth")
    with process._turn:
        return of_task(process.task, process.mm, depth)


def of_task(task: TaskStruct, mm: MmStruct, depth: int = 0) -> list[Place]:
    """Return the variables of a task; see `variables`.

    Raises:
        ProgramError: its program has no debug information.
    """
    loaded = debug_of(mm)
    own = list(own_frames(task))
    found = list(locals_of(task, mm, loaded, own[depth])) if depth < len(own) else []
    return [_place(mm, each) for each in (*found, *statics_of(task, mm, loaded))]


def locals_of(task: TaskStruct, mm: MmStruct, loaded: Loaded, frame: Frame) -> Iterator[Variable]:
    """Return the variables of the function of a frame that can be seen there, inner ones last."""
    function = frame.function
    assert function is not None
    base = function.die.attributes.get("DW_AT_frame_base")
    context = Context(
        function.die.cu,
        frame.registers,
        loaded.bias,
        _thread_area(task, loaded.debug),
        lambda addr: word(mm, addr),
        frame.cfa,
        bytes(base.value) if base is not None else None,
    )
    addr = frame.at - loaded.bias
    for die in _visible(function.die, addr):
        found = _variable(loaded, die, context, function.name, addr)
        if found is not None:
            yield found


def _visible(die: Any, addr: int) -> Iterator[Any]:
    # The variables of a function and of the blocks around an address.
    children = list(die.iter_children())
    yield from (child for child in children if child.tag in _VARIABLES)
    for child in children:
        if child.tag == "DW_TAG_lexical_block" and "DW_AT_low_pc" in child.attributes:
            start, end = bounds(child)
            if start <= addr < end:
                yield from _visible(child, addr)


def statics_of(task: TaskStruct, mm: MmStruct, loaded: Loaded) -> Iterator[Variable]:
    """Return the variables of a program outside of functions."""
    tls = _thread_area(task, loaded.debug)
    for unit in loaded.debug.units:
        context = Context(unit, {}, loaded.bias, tls, lambda addr: word(mm, addr))
        for die in unit.get_top_DIE().iter_children():
            if die.tag == "DW_TAG_variable":
                found = _variable(loaded, die, context, "", 0)
                if found is not None:
                    yield found


def _variable(loaded: Loaded, die: Any, context: Context, scope: str, addr: int) -> Variable | None:
    # None = nothing with a place: a declaration, or what nobody uses.
    name = attribute(die, "DW_AT_name")
    if name is None or not (scope or "DW_AT_location" in die.attributes):
        return None
    try:
        location = locate(_expression(loaded.debug, die, addr), context)
    except NotFound:
        location = Location(None)
    return Variable(text(name), type_of(die), scope, location, die)


def _place(mm: MmStruct, variable: Variable) -> Place:
    kind, location = variable.type, variable.location
    where: tuple[Any, ...] = ()
    data = location.data
    if location.addr is not None:
        data = look(mm, location.addr, min(kind.size, _MOST))
        where = _where(mm, location.addr, kind.size)
    value = kind.value(data) if data else ""
    addr, scope = location.addr, variable.scope
    return Place(variable.name, kind.name, scope, addr, kind.size, value, *where)


def _expression(debug: Debug, die: Any, addr: int) -> bytes:
    # The expression that holds at an address.
    if "DW_AT_location" not in die.attributes:
        return b""
    parser = LocationParser(debug.dwarf.location_lists())
    found = parser.parse_from_attribute(die.attributes["DW_AT_location"], die.cu["version"], die)
    if isinstance(found, LocationExpr):
        return bytes(found.loc_expr)
    low = die.cu.get_top_DIE().attributes.get("DW_AT_low_pc")
    base = low.value if low is not None else 0
    for entry in found:
        if isinstance(entry, BaseAddressEntry):
            base = entry.base_address
            continue
        shift = 0 if entry.is_absolute else base
        if entry.begin_offset + shift <= addr < entry.end_offset + shift:
            return bytes(entry.loc_expr)
    return b""


def _thread_area(task: TaskStruct, debug: Debug) -> int | None:
    return task.fsbase - debug.thread_size if task.fsbase else None


def _where(mm: MmStruct, addr: int, size: int) -> tuple[Any, ...]:
    vma = find_vma_in_tree(mm, addr)
    if vma is None or addr < vma.vm_start:
        return ()
    entries = [get_pte(mm, page) for page in range(addr & PAGE_MASK, addr + size, PAGE_SIZE)]
    frames = tuple((pte & PFN_MASK) >> PFN_SHIFT if pte & PRESENT else None for pte in entries)
    return vma_name(vma), vma.vm_start, frames
