"""In which order witnesses are asked.

First those that noticed a like change before, then the tests of the file, then recordings, which
compare more than other tests do; the cheap ones first.
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
        own = self._noticed.get(mutant.name)
        near = self._near[mutant.name.rpartition(":")[0]]
        tests = tuple(mirrored(mutant.path))

        def rank(witness: Witness) -> tuple[bool, int, bool, bool, float]:
            name = witness.name
            mirrors = name.startswith(tests)
            return name != own, -near[name], not mirrors, witness.unit, witness.seconds

        asked: list[Witness] = []
        seconds = 0.0
        for witness in sorted(chosen, key=rank):
            seconds += witness.seconds
            if seconds > self._most and asked:
                break
            asked.append(witness)
        return asked

    def remember(self, mutant: Mutant, witness: Witness) -> bool:
        """Ask this witness first from now on; say whether it may be believed.

        One that notices something where nothing is changed is asked no more.
        """
        if witness.name not in self._trusted:
            trial = kill.begin(None, [witness])
            if trial.ended(os.waitpid(trial.pid, 0)[1])[1]:
                self._witnesses.remove(witness)
                return False
            self._trusted.add(witness.name)
        self._noticed[mutant.name] = witness.name
        self._near[mutant.name.rpartition(":")[0]][witness.name] += 1
        return True

    def keep(self) -> None:
        """Write down what is remembered, for later runs."""
        _NOTICED.write_text(json.dumps(self._noticed, indent=0))
