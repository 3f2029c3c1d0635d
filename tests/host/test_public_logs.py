"""Lines of logs that people pasted into public trackers: each is read, or named as not read.

`data/public_logs.json` has a few lines of each, by the address where they stand. They come from
strace 4.6 to 5.12, from a terminal that a program wrote to as well, from another architecture, and
from four other tools, which write something similar.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from vmlab.host import read_strace, replay
from vmlab.host.replay_steps import DIFFERS
from vmlab.host.strace_lines import Unread

LOGS: dict[str, str] = json.loads((Path(__file__).parent / "data" / "public_logs.json").read_text())
TOOLS = ("u-root", "sgx-lkl", "qiling", "unidbg")  # that are not strace
MIXED = "google/tcmalloc/issues/81"  # what the program wrote stands in the middle of a line
# What no log tells: a limit that the shell set, and that an address is one of an aarch64.
UNTOLD = {"cms-dev/cms/issues/20": [5, 6], "DynamoRIO/dynamorio/issues/5903": [7]}


def named(address: str) -> str:
    return address.removeprefix("https://github.com/")


@pytest.mark.parametrize("address", LOGS, ids=named)
def test_each_line_is_read_or_named(address: str) -> None:
    log = read_strace(LOGS[address])
    unread = [entry.line for entry in log.entries if isinstance(entry, Unread)]
    lines = [*range(1, log.nr_lines + 1)]
    if any(tool in address for tool in TOOLS):
        assert unread == lines
    else:
        assert unread == ([3, 4] if named(address) == MIXED else [])


@pytest.mark.parametrize("address", LOGS, ids=named)
def test_what_is_read_is_replayed_with_the_same_answers(address: str) -> None:
    found = replay(LOGS[address])
    differ = [step.line for step in found.steps if step.status == DIFFERS]
    assert differ == UNTOLD.get(named(address), [])


def test_a_process_that_was_refused_is_no_process_that_is_missing() -> None:
    (step, *_) = replay(LOGS["https://github.com/DynamoRIO/dynamorio/issues/5903"]).steps
    assert (step.name, step.why.code) == ("clone3", "child_refused")
