"""Every code that the model, its states and recordings give has words, in one room only."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import vmlab
from vmlab.codes import because
from vmlab.words import reasons as rooms
from vmlab.words.reasons import REASONS

ROOT = Path(vmlab.__file__).parent
TOLD = [  # whose failures and events are told in codes
    *(ROOT / f"model/{name}.py" for name in ("arguments", "filesystem", "from_maps", "machine")),
    ROOT / "model/abi/maps.py",
    *ROOT.glob("model/linux/fs/**/*.py"),
    *ROOT.glob("model/linux/kernel/*.py"),
    *ROOT.glob("state/*.py"),
    *(path for path in ROOT.glob("record/*.py") if path.name != "replay.py"),
]
PLACE = {  # where each of them takes the code
    "because": 0,
    "LinuxError": 1,
    "Killed": 1,
    "StateError": 0,
    "KernelBug": 0,
    "need": 2,
    "at_field": 1,
    "at_line": 1,
    "OutOfMemory": 0,
    "HistoryError": 0,
    "RecordingError": 0,
    "ArgumentTypeError": 0,
    "ArgumentError": 0,
    "NoSuchProcess": 0,
}


def codes(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in PLACE and len(node.args) > PLACE[name]:
                code = node.args[PLACE[name]]
                if isinstance(code, ast.Constant):
                    yield code.value
                assert not isinstance(code, ast.JoinedStr), f"{path.name}: words for a code"


@pytest.mark.parametrize("path", TOLD, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_code_has_words(path: Path) -> None:
    assert [code for code in codes(path) if code not in REASONS] == []


def test_the_codes_are_found() -> None:
    found = {code for path in TOLD for code in codes(path)}
    assert {"no_such_path", "flag_needs", "arg_not_number", "tlb_size", "no_such_step"} <= found


def test_no_code_has_words_twice() -> None:
    tables = [value.REASONS for value in vars(rooms).values() if hasattr(value, "REASONS")]
    counts = Counter(code for table in tables for code in table)
    assert [code for code, count in counts.items() if count > 1] == []
    assert set(counts) == set(REASONS)


def test_a_code_that_nobody_knows_is_its_own_words() -> None:
    assert str(because("never_heard_of", path="{x}")) == "never_heard_of(path='{x}')"
