"""In which order witnesses are asked.

First the tests of the file, and one of each other file of tests or family of recordings for each
way through the function, as a change counts on some of them only; then a second one, and so on. Of
those in one turn, first those that noticed a like change before, then the tests of the file; the
cheap ones first.
"""

from __future__ import annotations

import json
import os
from collections import Counter, defaultdict
from collections.abc import Sequence

from tests.mutation import kill
from tests.mutation.mutants import Mutant
from tests.mutation.reach import ROOT, place
from tests.mutation.witnesses import Witness, mirrored

_NOTICED = ROOT / "build" / "mutation" / "noticed.json"


class Order:
    """Chooses the witnesses of a mutant, and remembers which noticed it."""

    def __init__(self, witnesses: Sequence[Witness], numbers: dict[str, int], most: float) -> None:
        """Begin with what earlier runs remember.

        Args:
            witnesses: those there are.
            numbers: of places, as the witnesses have them.
            most: seconds that the witnesses of one mutant may need together.
        """
        self._witnesses = [*witnesses]
        self._trusted: set[str] = set()
        self._numbers = numbers
        self._most = most
        self._places: dict[str, int] = defaultdict(int)  # function -> its places, bit by bit
        for name, number in numbers.items():
            self._places[name.rpartition(":")[0]] |= 1 << number
        self._noticed: dict[str, str] = {}  # mutant -> witness
        if _NOTICED.exists():
            self._noticed = json.loads(_NOTICED.read_text())
        self._near: dict[str, Counter[str]] = defaultdict(Counter)  # function -> its witnesses
        for mutant, witness in self._noticed.items():
            self._near[mutant.rpartition(":")[0]][witness] += 1

    def of(self, mutant: Mutant) -> list[Witness]:
        """Return what is asked about a mutant, in order."""
        number = self._numbers.get(place(mutant))
        if number is None:
            return []
        chosen = [witness for witness in self._witnesses if witness.comes_to >> number & 1]
        function = mutant.name.rpartition(":")[0]
        own = self._noticed.get(mutant.name)
        near = self._near[function]
        tests = tuple(mirrored(mutant.path))

        def rank(witness: Witness) -> tuple[bool, int, bool, float]:
            name = witness.name
            return name != own, -near[name], not name.startswith(tests), witness.seconds

        asked: list[Witness] = []
        seconds = 0.0
        for witness in _in_turn(sorted(chosen, key=rank), self._places[function], tests):
            if seconds + witness.seconds <= self._most or not asked:
                seconds += witness.seconds
                asked.append(witness)
        return asked

    def remember(self, mutant: Mutant, witness: Witness) -> bool:
        """Ask this witness first from now on; say whether it may be believed.

        One that does not notice the change a second time, or that notices something where nothing
        is changed, is asked no more.
        """
        trusted = witness.name in self._trusted or not _notices(witness, None)
        if not trusted or not _notices(witness, mutant):
            self._witnesses.remove(witness)
            return False
        self._trusted.add(witness.name)
        self._noticed[mutant.name] = witness.name
        self._near[mutant.name.rpartition(":")[0]][witness.name] += 1
        return True

    def keep(self) -> None:
        """Write down what is remembered, for later runs."""
        _NOTICED.write_text(json.dumps(self._noticed, indent=0))


def _in_turn(witnesses: Sequence[Witness], places: int, first: tuple[str, ...]) -> list[Witness]:
    # Those whose names begin so, and one of each way through some places and each file; then the
    # next one of each, and so on.
    earlier: Counter[tuple[int, str]] = Counter()
    turns = []
    for number, witness in enumerate(witnesses):
        way = witness.comes_to & places, witness.file
        turns.append((earlier[way] if not witness.name.startswith(first) else 0, number))
        earlier[way] += 1
    return [witnesses[number] for _, number in sorted(turns)]


def _notices(witness: Witness, mutant: Mutant | None) -> bool:
    trial = kill.begin(mutant, [witness])
    return trial.ended(os.waitpid(trial.pid, 0)[1])[1] is not None
