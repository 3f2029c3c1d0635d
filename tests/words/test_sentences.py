"""What is said of every event: whole sentences, in the reader's language."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import fields
from itertools import product
from pathlib import Path
from string import Formatter
from typing import Any, get_args

import pytest

from tests.pseudo_language import plain_words, pseudo_language
from tests.record.scenes import SCENES, recorded
from vmlab.codes import NO_REASON, Reason, because
from vmlab.model.abi.fcntl import OFFSET_MAX
from vmlab.model.abi.mman import ULONG_MAX
from vmlab.model.trace.event import Event, Level
from vmlab.model.trace.events import (
    cpu,
    fault,
    file,
    futex,
    msg,
    page,
    poll,
    process,
    sem,
    shm,
    signal,
    swap,
    timer,
    vma,
)
from vmlab.words.reasons import REASONS
from vmlab.words.sentences import SENTENCES, sentence
from vmlab.words.sentences.form import Message

ROOT = Path(__file__).parent.parent.parent

EVENTS = {
    kind
    for module in (
        *(cpu, fault, file, futex, msg, page, poll, process, sem, shm, signal, swap, timer, vma),
    )
    for kind in vars(module).values()
    if inspect.isclass(kind) and issubclass(kind, Event) and kind is not Event
}
BY_NAME = {kind.name: kind for kind in sorted(EVENTS, key=lambda kind: kind.name)}

# Values that make a difference, by field; of one event if it stands before it.
SAMPLES: dict[str, tuple[Any, ...]] = {
    "reason": (because("length_zero"),),
    "file_locked.type": ("F_RDLCK", "F_WRLCK", "F_UNLCK"),
    "file_locked.end": (4095, OFFSET_MAX),
    "entry": (0, 0x12067, 0x8000000012027),
    "error_code": tuple(range(0x20)),
    "exit_code": (0, 3 << 8, 11),
    "personality": (0, 0x40000),
    "kind": ("anon", "file", "table", "zero"),
    "access": ("load", "store", "add", "fetch"),
    "side": ("below", "above"),
    "color": ("red", "black"),
    "installed": (True, False),
    "sa_handler": (-1, 0, 1, 0x401000),
    "ss_size": (0, 8192),
    "mm": (0, 3),
    "vma": (-1, 0x1000),
    "compared": (0, 1, 5),
    "old": (2, 0x101),
    "new": (1, 0x103, 0x2100),
    "limit": (0x1000, ULONG_MAX),
    "disabled": (0, 1, 3),
    "start": (0, 0x1000),
    "end": (0x3000, ULONG_MAX),
    "nr_pages": (1, 2),
    "nr_bytes": (1, 2),
    "nr_tasks": (1, 2),
    "min_flt": (1, 2),
    "clear_child_tid.addr": (0, 0x2000),
    "rseq_register.addr": (0, 0x2000),
    "msg_wait.what": ("to_receive", "to_send"),
    "timer_create.clock": (0, 1),
    "nsems": (1, 2),
    "sys_exit.result": ("?", "0"),
    "access_end.result": ('"a"', '"a"...'),
    "sys_exit.reason": (NO_REASON, because("length_zero")),
    "pagecache_write.reason": (because("bytes_written"), because("bytes_zeroed")),
}
ANY = {"int": (0x2000,), "str": ("text",), "bool": (True, False)}


def samples(kind: type[Event]) -> Iterator[Event]:
    """Events of a class that differ in everything that a sentence may depend on."""
    values = []
    for field in fields(kind):
        own = SAMPLES.get(f"{kind.name}.{field.name}", SAMPLES.get(field.name))
        values.append(own if own is not None else ANY[str(field.type)])
    yield from (kind(*chosen) for chosen in product(*values))


def english(message: Message) -> tuple[str, ...]:
    return (message,) if isinstance(message, str) else message


def test_every_event_has_its_sentences() -> None:
    assert SENTENCES.keys() == EVENTS


@pytest.mark.parametrize("name", BY_NAME)
def test_every_form_is_told(name: str) -> None:
    told = SENTENCES[BY_NAME[name]]
    forms = set()
    for event in samples(BY_NAME[name]):
        form = told.choose(event)
        forms.add(form)
        said = sentence(event)
        assert said.endswith(".")
        assert "{" not in said
        for message in english(told.messages[form]):
            assert said != message
    assert forms == told.messages.keys()


@pytest.mark.parametrize("name", BY_NAME)
def test_a_message_is_a_sentence_with_named_places(name: str) -> None:
    for message in SENTENCES[BY_NAME[name]].messages.values():
        for text in english(message):
            assert text.endswith(".")
            names = [place for _, place, _, _ in Formatter().parse(text) if place is not None]
            assert all(place.isidentifier() for place in names), text
            assert ("n" in names) == (not isinstance(message, str)), text


def test_a_number_chooses_the_words() -> None:
    assert sentence(page.PteLazyfree(1, 0x1000, 1)).startswith("1 page from 0x1000 on:")
    assert sentence(page.PteLazyfree(1, 0x1000, 2)).startswith("2 pages from 0x1000 on:")


def test_what_is_said_of_frames() -> None:
    assert sentence(page.MmPageAlloc(7, "table")) == "Frame 7 is taken for a page table."
    assert sentence(page.MmPageFree(7, "anon")) == (
        "Frame 7 (private data of a process) has no user left and is free."
    )


def test_an_answer_is_a_sentence_of_its_own() -> None:
    event = fault.FaultBranch(0x1000, "access", "allowed", because("access_allowed", perms="rw-p"))
    assert sentence(event) == "The VMA (rw-p) allows the access."


def test_the_reason_stands_in_the_sentence() -> None:
    reason = because("flags_differ", flags="VM_READ|VM_WRITE")
    assert sentence(vma.VmaNotMerged(1, 0x1000, 0x2000, "below", reason)) == (
        "The range at 0x2000 does not merge with the VMA 0x1000 below it: "
        "different flags (VM_READ|VM_WRITE)."
    )


@pytest.mark.parametrize("scene", SCENES)
def test_the_model_tells_values_and_codes(scene: str) -> None:
    for step in recorded(scene).steps:
        for field in fields(step.event):
            value = getattr(step.event, field.name)
            assert type(value).__name__ == field.type, f"{step.event.name}.{field.name}: {value!r}"
            if isinstance(value, Reason) and value:
                assert value.code in REASONS
        assert not re.search(r"\{(?!rlim_cur=)", step.sentence), "a place without a value"


@pytest.mark.parametrize("name", BY_NAME)
def test_every_sentence_is_translated(name: str) -> None:
    with pseudo_language():
        for event in samples(BY_NAME[name]):
            values = {str(value) for value in event.values().values() if type(value) is str}
            left = plain_words(sentence(event)) - values
            names = "(VM|F_SEAL|O|SHM|CLOCK)_[A-Z_]+|[A-Z]+"
            assert {word for word in left if not re.fullmatch(names, word)} == set()


@pytest.mark.parametrize("name", BY_NAME)
def test_an_event_knows_its_level(name: str) -> None:
    assert BY_NAME[name].story_level in get_args(Level)


TRACEPOINT = r"[a-z_]+:[a-z_]+"
FUNCTION = r"(?P<path>[\w./-]+\.[chS]|vmlab/[\w/]+\.py): (?P<function>[\w.]+)\([\w, ]*\)"


@pytest.mark.parametrize("name", BY_NAME)
def test_an_event_says_what_it_stands_for(name: str) -> None:
    stands_for = BY_NAME[name].stands_for
    found = re.fullmatch(f"{TRACEPOINT}|{FUNCTION}", stands_for)
    assert found, stands_for
    if (found["path"] or "").startswith("vmlab/"):
        source = (ROOT / found["path"]).read_text(encoding="utf-8")
        assert f"def {found['function'].rpartition('.')[2]}(" in source
