"""What can notice a mutant: recorded sequences, answers and programs, and unit tests."""

from __future__ import annotations

import ast
import gc
import gzip
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from tqdm import tqdm

from tests.answers import on_model
from tests.answers.program import DATA as ANSWERS
from tests.corpus import format as corpus
from tests.corpus.__main__ import REPLAYERS
from tests.corpus.compare import Result
from tests.mutation.mutants import functions
from tests.mutation.reach import LINUX, ROOT, Reach
from tests.programs import archive, replay
from tests.programs import format as programs
from tests.programs.programs import PROGRAMS

CORPUS = ROOT / "tests" / "corpus" / "data"
UNIT_TESTS = (
    "tests/model",
    "tests/outside",
    "tests/programs",
    "tests/record/test_words.py",
    "tests/record/test_story.py",
)
_BUILD = "musl"  # the smallest
_REACHED = ROOT / "build" / "mutation" / "reached.json"
REST = "outside of functions"
_OPTIONS = ["-s", "-p", "no:cacheprovider", "-p", "no:xdist", "--tb=native", "--assert=plain"]
_OPTIONS += ["-m", "not slow and not browser"]


@dataclass(slots=True)
class Witness:
    """One of them.

    Attributes:
        name: the recording, or the test as pytest names it.
        version: another one when what it asks has changed.
        holds: says whether the model still does as it has it.
        unit: it is a unit test.
        seconds: what it costs.
        comes_to: bit by bit, by the numbers of `reached`, the places of the model it comes to.
    """

    name: str
    version: str
    holds: Callable[[], bool]
    unit: bool = False
    seconds: float = 0.0
    comes_to: int = 0

    @property
    def file(self) -> str:
        """Where it stands: a file of tests, or a family of recordings."""
        return self.name.split("::")[0] if self.unit else self.name.rpartition("/")[0]


class Session:
    """A session of pytest that collects the unit tests and then does something with them."""

    def __init__(self, work: Callable[[list[Witness]], None]) -> None:
        self._work = work
        self._failed = False

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Let pytest be silent."""
        config.pluginmanager.unregister(name="terminalreporter")

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self) -> None:
        """Let Hypothesis try the same examples each time."""
        settings.register_profile("mutation", deadline=None, derandomize=True, database=None)
        settings.load_profile("mutation")

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Hand the tests over instead of running them."""
        versions: dict[Path, str] = {}
        found = []
        for item in session.items:
            if item.path not in versions:
                versions[item.path] = _hash(item.path.read_bytes())
            holds = partial(self._passes, item)
            found.append(Witness(item.nodeid, versions[item.path], holds, unit=True))
        self._work(found)
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remember what failed."""
        self._failed |= report.failed

    def _passes(self, item: pytest.Item) -> bool:
        self._failed = False
        with redirect_stdout(StringIO()):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
        return not self._failed


def with_unit_tests(work: Callable[[list[Witness]], None]) -> None:
    """Call a function with the unit tests, where they can be run one by one."""
    folders = (str(ROOT / each) for each in UNIT_TESTS)
    if pytest.main([*_OPTIONS, *folders], [Session(work)]) != pytest.ExitCode.OK:
        raise RuntimeError("the unit tests cannot be collected")


def recorded(folders: Sequence[Path]) -> list[Witness]:
    """Return the sequences of some corpora, and what `tests/answers` and `tests/programs` have."""
    found = []
    for folder in folders:
        for family in corpus.read_folder(folder):
            replay = REPLAYERS[family.kind]
            for record in family.records:
                name = f"{family.name}/{record['id']}"
                version = _hash(json.dumps(record).encode())
                found.append(Witness(name, version, partial(_agrees, replay, record)))
    for path in sorted(ANSWERS.glob("*.json.gz")):
        for number, (steps, answers) in enumerate(json.loads(gzip.decompress(path.read_bytes()))):
            name = f"answers/{path.name.removesuffix('.json.gz')}/{number}"
            version = _hash(json.dumps([steps, answers]).encode())
            found.append(Witness(name, version, partial(_answers, steps, answers)))
    return [*found, *_recorded_programs()]


def _recorded_programs() -> Iterator[Witness]:
    known, binaries = replay.known(), archive.read()
    for record in programs.read():
        program, build = record["program"], record["build"]
        if build == _BUILD or (build == "dynamic" and _BUILD not in PROGRAMS[program].builds):
            name, version = f"programs/{program}-{build}", _hash(json.dumps(record).encode())
            yield Witness(name, version, partial(_runs, record, binaries, known))


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def _agrees(replay: Callable[[dict[str, Any]], Result], record: dict[str, Any]) -> bool:
    return replay(record).difference is None


def _answers(steps: list[Any], answers: list[Any]) -> bool:
    return bool(on_model.run(steps) == answers)


def _runs(record: programs.Record, binaries: dict[str, bytes], known: list[replay.Known]) -> bool:
    return not replay.compare(record, binaries).unknown(known)


def reached(witnesses: Sequence[Witness], jobs: int) -> dict[str, int]:
    """Let witnesses know what they cost and where they come; return the numbers of the places.

    It is kept for those that have not changed and come to no function that has, and found out in
    processes of its own, so that this one stays as it is. A witness that does not hold as it is
    comes to no place.
    """
    model = {name: _hash(text.encode()) for name, text in _model()}
    known = Known.read(_REACHED)
    known.forget(model)
    new = [each for each in witnesses if known.of.get(each.name, ("",))[0] != each.version]
    parts = {_REACHED.with_suffix(f".{job}"): new[job::jobs] for job in range(jobs) if new[job:]}
    children = [
        _traced(path, part, Known(model, known.numbers, {})) for path, part in parts.items()
    ]
    if any(os.waitpid(child, 0)[1] for child in children):
        raise RuntimeError("what tests reach cannot be found out")
    for path in parts:
        part = Known.read(path)
        known.numbers |= part.numbers
        known.of |= part.of
        path.unlink()
    known.write(_REACHED)
    for witness in witnesses:
        _, witness.seconds, places = known.of[witness.name]
        witness.comes_to = int(places, 16)
    return known.numbers


def _paths() -> list[str]:
    return [str(path.relative_to(ROOT)) for path in sorted((ROOT / LINUX).rglob("*.py"))]


def _model() -> Iterator[tuple[str, str]]:
    # Each function, and all that stands outside of them.
    rest = []
    for path in _paths():
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        for name, function in functions(tree):
            yield f"{path}:{name}", ast.dump(function)
            function.body, function.decorator_list = [], []
        rest.append(ast.dump(tree))
    yield REST, "".join(rest)


def _traced(path: Path, witnesses: Sequence[Witness], found: Known) -> int:
    # Begin to write down there what some witnesses reach; return the number of the process.
    child = os.fork()
    if not child:
        status = 1
        gc.freeze()  # no need to look through the recordings now and then
        try:
            _trace(witnesses, found)
            found.write(path)
            status = 0
        finally:
            os._exit(status)
    return child


def _trace(witnesses: Sequence[Witness], found: Known) -> None:
    reach = Reach(_paths())
    numbers = found.numbers
    bits = [1 << numbers.setdefault(name, len(numbers)) for name in reach.places]
    for witness in tqdm(witnesses, "what comes where"):
        reach.forget()
        start = time.process_time()
        holds = witness.holds()
        seconds = time.process_time() - start
        places = sum({bits[number] for number in reach.numbers()}) if holds else 0
        found.of[witness.name] = witness.version, seconds, f"{places:x}"


@dataclass(slots=True)
class Known:
    """What was found out about witnesses.

    Attributes:
        model: function, or REST -> its version then.
        numbers: of the places.
        of: witness -> its version, what it costs in seconds, where it comes to in hexadecimal.
    """

    model: dict[str, str]
    numbers: dict[str, int]
    of: dict[str, tuple[str, float, str]]

    def forget(self, model: dict[str, str]) -> None:
        """Forget the witnesses that come to a function that is another one now."""
        old, self.model = self.model, model
        changed = {name for name, version in old.items() if model.get(name) != version}
        if REST in changed:
            self.of = {}
        numbers = (n for name, n in self.numbers.items() if name.rpartition(":")[0] in changed)
        places = sum(1 << number for number in numbers)
        for name, (_, _, comes_to) in [*self.of.items()] if changed else ():
            if not int(comes_to, 16) or int(comes_to, 16) & places:
                del self.of[name]

    @classmethod
    def read(cls, path: Path) -> Known:
        """Return what a file has, nothing if there is none."""
        return cls(*json.loads(path.read_text())) if path.exists() else cls({}, {}, {})

    def write(self, path: Path) -> None:
        """Write it to a file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps([self.model, self.numbers, self.of]))


def mirrored(path: str) -> Iterator[str]:
    """Return how the names of the tests of a file begin."""
    folder, _, name = path.removeprefix("vmlab/").rpartition("/")
    yield f"tests/{folder}/test_{name}::"
