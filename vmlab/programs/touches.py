"""How many bytes the code of each line of a program loads and stores, counted while it runs.

What a function without lines touches counts for the line of the program's own code that ran last:
the one that called it. (A function of the library that calls back one of the program's own goes on
as part of that one.) An instruction that began again after a fault counts what it touched again.

Every access costs far more while it is counted. So a run is counted up to a limit.
"""

from __future__ import annotations

from unicorn import UC_HOOK_CODE, UC_HOOK_MEM_READ, UC_HOOK_MEM_WRITE, Uc

from vmlab.programs.debug import Loaded
from vmlab.record.site import Line

MOST = 100_000  # accesses and instructions of a run that are counted


class Touches:
    """Counts for one CPU, while it is told to.

    Args:
        uc: the CPU.
    """

    def __init__(self, uc: Uc) -> None:
        self._uc = uc
        self._hooks: list[int] = []
        self._range = range(0)  # addresses of the code that is watched
        self._loaded: Loaded | None = None
        self._cells: dict[int, list[int] | None] = {}  # by the address of an instruction
        self._lines: dict[Line, list[int]] = {}
        self._now: list[int] | None = None  # what counts for the line that ran last
        self._left = 0

    def __repr__(self) -> str:
        return f"<Touches {self.counted()!r}>"

    def begin(self, loaded: Loaded, line: Line | None) -> None:
        """Count from zero in the next run.

        Args:
            loaded: the debug information of the program that will run.
            line: that it is on; None = not yet on any.
        """
        if loaded != self._loaded:
            self._loaded, self._cells, self._lines = loaded, {}, {}
        for cell in self._lines.values():
            cell[0] = 0
        self._now = self._cell(line)
        self._left = MOST
        functions = loaded.debug.functions
        if functions:
            begin, end = functions[0].start, max(each.end for each in functions)
            self._watch(range(begin + loaded.bias, end + loaded.bias))

    def counted(self) -> tuple[tuple[Line, int], ...]:
        """Return how many bytes were touched since then, by line."""
        return tuple(sorted((line, cell[0]) for line, cell in self._lines.items() if cell[0]))

    @property
    def is_all(self) -> bool:
        """Say whether everything was counted."""
        return self._left > 0

    def end(self) -> None:
        """Count no more: the CPU runs at full speed."""
        for hook in self._hooks:
            self._uc.hook_del(hook)
        if self._hooks:
            self._uc.ctl_flush_tb()  # what is translated calls them
        self._hooks, self._range = [], range(0)

    def stop_if_full(self) -> bool:
        """Count no more if the limit is reached; say whether it was just reached."""
        full = self._left <= 0 and bool(self._hooks)
        if full:
            self.end()
        return full

    def _watch(self, code: range) -> None:
        if code == self._range:
            return
        self.end()
        kinds = UC_HOOK_MEM_READ | UC_HOOK_MEM_WRITE
        own = self._uc.hook_add(UC_HOOK_CODE, self._instruction, None, code.start, code.stop - 1)
        self._hooks = [own, self._uc.hook_add(kinds, self._access)]
        self._uc.ctl_flush_tb()  # what is translated does not call them
        self._range = code

    def _cell(self, line: Line | None) -> list[int] | None:
        return self._lines.setdefault(line, [0]) if line is not None else None

    # What Unicorn calls

    def _instruction(self, uc: Uc, addr: int, *_: object) -> None:
        self._use(uc)
        try:
            cell = self._cells[addr]
        except KeyError:
            assert self._loaded is not None
            own = self._loaded.function_at(addr) is not None
            cell = self._cells[addr] = self._cell(self._loaded.line_at(addr) if own else None)
        if cell is not None:
            self._now = cell

    def _access(self, uc: Uc, kind: int, addr: int, size: int, *_: object) -> None:
        if self._now is not None and self._left > 0:
            self._now[0] += size
            self._use(uc)

    def _use(self, uc: Uc) -> None:
        self._left -= 1
        if not self._left:
            uc.emu_stop()
