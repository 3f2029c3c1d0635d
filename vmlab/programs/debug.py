"""What the debug information of a program says: lines, functions, and which of them are its own.

DWARF 4 and 5, read by pyelftools. Addresses are those of the file until `Loaded` moves them to
where the program lies in memory.
"""

from __future__ import annotations

import posixpath
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from io import BytesIO
from typing import Any, NamedTuple, TypeVar
from weakref import WeakKeyDictionary

from elftools.common.exceptions import ELFError
from elftools.dwarf.callframe import FDE
from elftools.elf.elffile import ELFFile

from vmlab.codes import Reason
from vmlab.errors import KernelBug, ProgramError
from vmlab.model.abi.elf import PF_X
from vmlab.model.linux.include.structs import MmStruct, TaskStruct
from vmlab.model.linux.mm.filemap import read_pages
from vmlab.record.site import Line

T = TypeVar("T")
_NAMELESS = "?"  # a function without a name


class Row(NamedTuple):
    """Code of one line, up to the next row."""

    addr: int  # bytes
    line: Line | None  # None = code of no line
    is_start: bool  # of a statement
    after_prologue: bool  # the function has its frame now


@dataclass(frozen=True, slots=True)
class Function:
    """A function that has code.

    Attributes:
        name: in the source.
        start: bytes.
        end: bytes, after its last instruction.
        body: bytes: where its frame is made and its arguments are in it.
        die: what DWARF says of it.
    """

    name: str
    start: int
    end: int
    body: int
    die: Any


class Debug:
    """The debug information of one ELF file.

    Args:
        data: the file.

    Raises:
        ProgramError: it has none.
    """

    def __init__(self, data: bytes) -> None:
        try:
            self.elf = ELFFile(BytesIO(data))
        except ELFError:
            raise ProgramError("no_debug_information") from None
        if not self.elf.has_dwarf_info(strict=True):
            raise ProgramError("no_debug_information")
        self.dwarf = self.elf.get_dwarf_info()

    def __repr__(self) -> str:
        return f"<Debug of {', '.join(sorted({row.line.file for row in self._rows if row.line}))}>"

    @property
    def start_code(self) -> int:
        """Return where the first segment with code begins, as the kernel finds it."""
        loaded = (each for each in self.elf.iter_segments() if each["p_type"] == "PT_LOAD")
        return min(int(each["p_vaddr"]) for each in loaded if each["p_flags"] & PF_X)

    @cached_property
    def thread_size(self) -> int:
        """Return how many bytes below the end of the thread's area its own variables begin."""
        for each in self.elf.iter_segments("PT_TLS"):
            align = max(each["p_align"], 1)
            return int(-(-each["p_memsz"] // align) * align)
        return 0

    @cached_property
    def unwinding(self) -> list[Any]:
        """Return how frames are unwound: the entries of .eh_frame or .debug_frame, by address.

        Where they are broken, there are none.
        """
        return if_legible(self._entries) or []

    def _entries(self) -> list[Any]:
        if self.dwarf.has_EH_CFI():
            entries = self.dwarf.EH_CFI_entries()
        else:
            entries = self.dwarf.CFI_entries() if self.dwarf.has_CFI() else []
        found = [entry for entry in entries if isinstance(entry, FDE)]
        return sorted(found, key=lambda entry: int(entry["initial_location"]))

    @cached_property
    def units(self) -> tuple[Any, ...]:
        """Return the program's own sources: those that stand in the folder of its main function.

        A libc that keeps its debug information is no source of the program. All without a main.
        """
        units = list(self.dwarf.iter_CUs())
        main = next((unit for unit in units if _defines(unit, b"main")), None)
        if main is None:
            return tuple(units)
        folder = _folder(main)
        return (main, *(unit for unit in units if unit is not main and _folder(unit) == folder))

    @cached_property
    def sources(self) -> dict[str, str]:
        """Return where the program's own sources stood when it was built: name -> path."""
        paths = map(posixpath.normpath, map(_path, self.units))
        return {posixpath.basename(path): path for path in paths}

    @cached_property
    def main_file(self) -> str:
        """Return the name of the source with the main function."""
        return posixpath.basename(_path(self.units[0]))

    @cached_property
    def _rows(self) -> list[Row]:
        rows = [row for unit in self.units for row in self._rows_of(unit)]
        return sorted(rows, key=lambda row: row.addr)

    def _rows_of(self, unit: Any) -> Iterator[Row]:
        program = self.dwarf.line_program_for_CU(unit)
        if program is None:
            return
        first = _first_file(program)
        names = [entry.name.decode(errors="replace") for entry in program["file_entry"]]
        for entry in program.get_entries():
            state = entry.state
            if state is None:
                continue
            line = None
            if state.line and not state.end_sequence:
                line = Line(posixpath.basename(names[state.file - first]), state.line)
            yield Row(state.address, line, bool(state.is_stmt), bool(state.prologue_end))

    @cached_property
    def _paths(self) -> dict[str, str]:
        # The whole path of each source; of two of one name none.
        found: dict[str, set[str]] = {}
        for unit in self.units:
            program = self.dwarf.line_program_for_CU(unit)
            if program is None:
                continue
            folders = [text(each) for each in program["include_directory"]]
            folders = folders if _first_file(program) == 0 else ["", *folders]
            for entry in program["file_entry"]:
                path = posixpath.join(_folder(unit), folders[entry.dir_index], text(entry.name))
                found.setdefault(posixpath.basename(path), set()).add(posixpath.normpath(path))
        return {name: min(paths) for name, paths in found.items() if len(paths) == 1}

    def path_of(self, line: Line) -> str:
        """Return the whole path of the source of a line; '' if two have its name."""
        return self._paths.get(line.file, "")

    @cached_property
    def functions(self) -> tuple[Function, ...]:
        """Return the functions that have code, by address."""
        found = [
            self._function(die)
            for unit in self.units
            for die in unit.get_top_DIE().iter_children()
            if die.tag == "DW_TAG_subprogram" and "DW_AT_low_pc" in die.attributes
        ]
        return tuple(sorted(found, key=lambda function: function.start))

    def _function(self, die: Any) -> Function:
        start, end = bounds(die)
        rows = [row for row in self._rows if start <= row.addr < end and row.line]
        told = [row.addr for row in rows if row.after_prologue]
        # Without being told: where the second line begins.
        later = [row.addr for row in rows if row.is_start and row.addr > start]
        body = (told or later or [start])[0]
        name = attribute(die, "DW_AT_name")
        return Function(text(name) if name else _NAMELESS, start, end, body, die)

    def function_at(self, addr: int) -> Function | None:
        """Return the function that an address (bytes) is in."""
        place = bisect_right(self.functions, addr, key=lambda function: function.start) - 1
        found = self.functions[place] if place >= 0 else None
        return found if found is not None and addr < found.end else None

    def line_at(self, addr: int) -> Line | None:
        """Return the line that the code at an address (bytes) is of."""
        place = bisect_right(self._rows, addr, key=lambda row: row.addr) - 1
        return self._rows[place].line if place >= 0 else None

    @cached_property
    def starts(self) -> dict[int, Line]:
        """Return where statements begin: address, bytes -> line.

        The first one of a function begins after its prologue.
        """
        found: dict[int, Line] = {}
        for row in self._rows:
            function = self.function_at(row.addr)
            if row.line is not None and row.is_start and function is not None:
                if row.addr == function.body:
                    found[row.addr] = row.line
                elif row.addr > function.body:
                    found.setdefault(row.addr, row.line)
        return found

    def starts_of(self, number: int) -> frozenset[int]:
        """Return where the code of a line of the main source begins.

        Args:
            number: of the line; without code, the next one with code counts.

        Raises:
            ProgramError: no line from there on has code.
        """
        lines = {line for line in self.starts.values() if line.file == self.main_file}
        later = [line for line in lines if line.number >= number]
        if not later:
            raise ProgramError("no_code_from_line", file=self.main_file, line=number)
        wanted = min(later)
        return frozenset(addr for addr, line in self.starts.items() if line == wanted)


class Loaded(NamedTuple):
    """Debug information of a program, and where it lies in memory."""

    debug: Debug
    bias: int  # bytes that its addresses are higher than in the file

    def line_at(self, addr: int) -> Line | None:
        """Return the line that the code at an address (bytes) of memory is of."""
        return self.debug.line_at(addr - self.bias)

    def function_at(self, addr: int) -> Function | None:
        """Return the function that an address (bytes) of memory is in."""
        return self.debug.function_at(addr - self.bias)


@lru_cache(maxsize=8)
def read(data: bytes) -> Debug:
    """Return the debug information of an ELF file.

    Raises:
        ProgramError: it has none.
    """
    return Debug(data)


_loaded: WeakKeyDictionary[MmStruct, Loaded | Reason] = WeakKeyDictionary()


def of(mm: MmStruct) -> Loaded:
    """Return the debug information of the program that runs in an address space.

    A program that runs cannot be written to, so it is read once.

    Raises:
        ProgramError: it has none.
    """
    found = _loaded.get(mm)
    if found is None:
        try:
            found = _load(mm)
        except ProgramError as failure:
            found = failure.reason
        _loaded[mm] = found
    if isinstance(found, Reason):
        raise ProgramError(found)
    return found


def of_task(task: TaskStruct) -> Loaded | None:
    """Return the debug information of the program of a task, None where none can be read."""
    mm = task.mm
    return if_legible(lambda: of(mm)) if mm is not None else None


def if_legible(look_up: Callable[[], T]) -> T | None:
    """Return what is looked up in debug information, None where it is missing or broken.

    A program with broken debug information runs as any other.
    """
    try:
        return look_up()
    except KernelBug:
        raise
    except Exception:  # pyelftools fails in any way on what is broken
        return None


def _load(mm: MmStruct) -> Loaded:
    if mm.exe_file is None:
        raise ProgramError("no_debug_information")
    inode = mm.exe_file.f_inode
    debug = read(read_pages(mm.system, inode.i_mapping, 0, inode.i_size))
    return Loaded(debug, mm.start_code - debug.start_code)


# What DWARF says


def attribute(die: Any, name: str) -> Any:
    """Return the value of an attribute, its own or of what it is an instance of; None = none."""
    while name not in die.attributes:
        for origin in ("DW_AT_abstract_origin", "DW_AT_specification"):
            if origin in die.attributes:
                die = die.get_DIE_from_attribute(origin)
                break
        else:
            return None
    return die.attributes[name].value


def text(value: bytes) -> str:
    """Return a name as text."""
    return str(value, "utf-8", "replace")


def bounds(die: Any) -> tuple[int, int]:
    """Return the range of addresses of what has DW_AT_low_pc."""
    start = die.attributes["DW_AT_low_pc"].value
    high = die.attributes.get("DW_AT_high_pc")
    if high is None:
        return start, start
    is_address = high.form.startswith("DW_FORM_addr")
    return start, high.value if is_address else start + high.value


def _defines(unit: Any, name: bytes) -> bool:
    # Does it have the code of that function?
    return any(
        die.tag == "DW_TAG_subprogram"
        and "DW_AT_low_pc" in die.attributes
        and attribute(die, "DW_AT_name") == name
        for die in unit.get_top_DIE().iter_children()
    )


def _first_file(program: Any) -> int:
    # The number of the first file of a line program.
    return 0 if program["version"] >= 5 else 1


def _folder(unit: Any) -> str:
    return posixpath.dirname(posixpath.normpath(_path(unit)))


def _path(unit: Any) -> str:
    path: str = unit.get_top_DIE().get_full_path()
    return path
