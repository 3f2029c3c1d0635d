"""The page `docs/evidence.md`: what of the model was compared with a kernel, and how often.

`python -m tests.evidence` writes it from the recorded answers of the tests; a test checks that it
is current.
"""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.corpus.format import OPS, PROGRAMS, read_folder
from tests.fuzz.kernel import runs
from tests.fuzz.kernel.operations import LEFT_OUT
from tests.mutation import score
from vmlab import Process
from vmlab.model.abi import errno
from vmlab.model.abi.calls import ACCESSES, CALLS, CALLS_BY_NUMBER
from vmlab.model.abi.signal import SIGNAL_NAMES

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "evidence.md"
CORPUS = ROOT / "tests" / "corpus" / "data"
ANSWERS = ROOT / "tests" / "answers" / "data"
HEAD = """\
# Evidence

What vmlab shows is compared with what Linux 6.18 answers on x86-64. The answers were recorded on a
real kernel and are part of the tests (`tests/corpus/data`, `tests/answers/data`), which repeat each
of them on the model wherever they run; all of them agree. After each operation of a sequence the
list of mappings is compared too, after every tenth the pages with their frames, after every
twentieth smaps and sizes. `python -m tests.fuzz --minutes 60` goes on with random calls on the
kernel of a machine.

The **source** is the function of Linux that a call stands for. **Answers** counts what was recorded
of it here: how often it did what was asked, and with which errors or signals it failed. **Differs**
names what is known to be left out or different, in [differences](differences.md).

This page is made by `python -m tests.evidence` and checked to be current.
"""
# Names in recordings: of accesses, and of texts of /proc by the method that gives them.
_SHORT = {"ld": "load", "st": "store", "rmw": "add", "mem_read": "proc_mem_read"}
_SHORT |= {"mem_write": "proc_mem_write", "committed": "meminfo"}
TEXTS = {
    "maps": "maps",
    "smaps": "smaps",
    "smaps_rollup": "smaps_rollup",
    "status": "status",
    "statm": "statm",
    "pagemap": "pagemap",
    "proc_mem_read": "mem, read",
    "proc_mem_write": "mem, written",
    "clear_refs": "clear_refs",
}
_ACCESS = {"ld", "st", "rmw", "fetch", "load", "store"}
Outcomes = dict[str, Counter[str]]  # name -> errno name, '' = done


def outcomes() -> Outcomes:
    """Return how often each call, access or text of /proc was answered, and how."""
    found: Outcomes = defaultdict(Counter)
    for name, answer in (*_corpus(), *_answers()):
        failure = ""
        if isinstance(answer, int) and -4096 < answer < 0:
            failure = errno.errorcode[-answer]
        elif name in _ACCESS and isinstance(answer, str):
            failure = answer
        found[_SHORT.get(name, name)][failure] += 1
    return found


def _corpus() -> Iterator[tuple[str, Any]]:
    for family in read_folder(CORPUS):
        for record in family.records:
            if family.kind == OPS:
                yield from _sequence(record)
            elif family.kind == PROGRAMS:
                for event in record["events"]:
                    if event["t"] == "sys" and event["nr"] in CALLS_BY_NUMBER:
                        yield CALLS_BY_NUMBER[event["nr"]].name, event.get("r")
            else:
                yield "execve", record["kernel"].get("execfail")


def _sequence(record: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for op, answer, *snapshots in record["steps"]:
        signal = SIGNAL_NAMES[answer["sig"]] if "sig" in answer else None
        yield op[0], answer.get("r", signal)
        for key in answer.keys() & {"maps", "maps_child", "maps_other"}:
            yield "maps", len(answer[key])
        for snapshot in snapshots:
            for name, key in (("pagemap", "pages"), ("smaps", "smaps"), ("status", "status")):
                yield from ((name, None) for _ in snapshot.get(key, ()))


def _answers() -> Iterator[tuple[str, Any]]:
    for path in sorted(ANSWERS.glob("*.json.gz")):
        for steps, given in json.loads(gzip.decompress(path.read_bytes())):
            yield from _program(steps, given)


def _program(steps: list[list[Any]], given: list[Any]) -> Iterator[tuple[str, Any]]:
    for (name, *args), answer in zip(steps, given, strict=False):
        yield name, answer
        if name == "fork" and isinstance(answer, list):
            yield from _program(args[-1], answer[1:])


def page() -> str:
    """Return the text of the page."""
    found = outcomes()
    notes = _differences()
    parts = [HEAD, "## Calls\n", _HEADER]
    parts += [_row(name, call.method, found, notes) for name, call in sorted(CALLS.items())]
    parts += ["\n## Accesses\n", _HEADER]
    parts += [_row(name, each.method, found, notes) for name, each in sorted(ACCESSES.items())]
    parts += ["\n## Files of /proc/PID\n", _HEADER]
    parts += [_row(name, method, found, notes) for method, name in TEXTS.items()]
    parts += [RANDOM, *_runs(), *_never_asked(), MUTANTS, *_mutants()]
    return "\n".join(parts) + "\n"


RANDOM = """
## Random calls

`python -m tests.fuzz --minutes 60` chooses calls while the model answers them, makes the same ones
on the kernel of a machine, and compares after each what the recordings above have. Both begin in
the same state. A kind of difference is a call and a place of its answer; each is shortened, asked
of the kernel three times and looked at. What was mended is recorded in `tests/corpus/data/found`;
what is left stands in [differences](differences.md).

| code | first seed | operations | sequences | a second | calls and accesses | \
differences: of the harness | mended | left |
| --- | --- | --: | --: | --: | --: | --: | --: | --: |"""


def _runs() -> Iterator[str]:
    for run in runs.read():
        numbers = (run.operations, run.sequences, run.rate, run.calls)
        told = ["" if number is None else f"{number:,}" for number in numbers]
        kinds = (str(each) for each in (run.of_harness, run.mended, run.left))
        yield f"| {run.code} | {run.seeds} | {' | '.join((*told, *kinds))} |"


def _never_asked() -> Iterator[str]:
    names = ", ".join(f"`{name}`" for name in sorted(LEFT_OUT))
    yield f"\nNever asked at random: {names}."


MUTANTS = """
## Mutants

Would the tests notice if the model were wrong? `python -m tests.mutation --sample 500 --store`
changes one operator, constant or branch of a function at a time, in places chosen at random, and
then asks the recordings above and the unit tests that come to that place, the likeliest first,
until one differs: the change is noticed. A change is equivalent if nothing that Linux shows could
differ; the reason of each stands in `tests/mutation/equivalent.json`. The last column is the part
that was noticed of those that are not equivalent.

The table counts the first 155 changes that `--seed 912 --seconds 20` chooses. Before any test was
added for what they had left open, 143 of the 154 that are not equivalent were noticed: 92.9 %. Of
the 11 others, 5 are noticed by tests that were added since, the code of one is gone, as nothing
needed it, one turned out equivalent, and 4 are left. A sample of other places comes out lower.

| | changes | noticed | equivalent | not noticed | |
| --- | --: | --: | --: | --: | --: |"""


def _mutants() -> Iterator[str]:
    stored = score.read()
    for name, counts in [*stored.items(), ("all", score.total(stored))]:
        numbers = [counts.get(each, 0) for each in score.WORDS]
        columns = " | ".join(f"{number:,}" for number in (sum(numbers), *numbers))
        yield f"| `{name}` | {columns} | {score.share(counts):.1%} |"


_HEADER = "| | source | answers | differs |\n| --- | --- | --: | --- |"


def _row(name: str, method: str, found: Outcomes, notes: dict[str, list[str]]) -> str:
    counts = found.get(name) or found.get(method, Counter())
    source = re.search(r"Source: (.*?) \[", getattr(Process, method).__doc__ or "", re.DOTALL)
    failed = ", ".join(f"{each} {n}" for each, n in sorted(counts.items()) if each)
    answers = f"{counts['']:,}" + (f"; {failed}" if failed else "")
    places = {title: title.lower().replace(" ", "-") for title in notes[name]}
    told = ", ".join(f"[{title}](differences.md#{place})" for title, place in places.items())
    where = f"`{' '.join(source[1].split())}`" if source else ""
    return f"| `{name}` | {where} | {answers} | {told} |"


def _differences() -> dict[str, list[str]]:
    # The sections that name a call or a file, by that.
    titles: dict[str, list[str]] = defaultdict(list)
    text = (ROOT / "docs" / "differences.md").read_text()
    for section in text.split("\n### ")[1:]:
        title, _, rest = section.partition("\n")
        body = rest.partition("\n## ")[0]
        for name in sorted(set(re.findall(r"`(?:/proc/PID/)?(\w+)[`(]", body))):
            titles[name].append(title)
    return titles


if __name__ == "__main__":
    PAGE.write_text(page())
