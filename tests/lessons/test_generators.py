"""Every exercise: the same seed, the same question; one right answer, confirmed by the model."""

import pytest

from vmlab.lessons.answers import AnswerError, Choice, MapsLine, Names, Number
from vmlab.lessons.exercises import Question, check, variant
from vmlab.lessons.generators import GENERATORS
from vmlab.record import views
from vmlab.record.capture import capture
from vmlab.record.maps_text import maps_text
from vmlab.record.snapshot import Snapshot

NAMES = list(GENERATORS)
BASE = 0x10000000


def others(question: Question) -> list[str]:
    """Answers that look like the right one and are not."""
    kind, answer = question.kind, question.answer
    if isinstance(kind, Choice):
        return [option for option in kind.options if option != answer]
    if isinstance(kind, Names):
        have = set(answer.split()) - {"none"}
        changed = [have ^ {name} for name in kind.names]
        return [" ".join(names) or "none" for names in changed]
    if isinstance(kind, Number):
        value = int(answer, 0)
        return [str(v) for v in (value - 1, value + 1, value + 4096, value * 2 + 1) if v >= 0]
    if isinstance(kind, MapsLine):
        if answer == "none":
            return ["10000000-10001000 rw-p"]
        span, rights = answer.split()
        start, end = (int(part, 16) for part in span.split("-"))
        return [
            "none",
            f"{start + 4096:x}-{end + 4096:x} {rights}",
            f"{start:x}-{end + 4096:x} {rights}",
            f"{start:x}-{end:x} {rights[:3]}s",
        ]
    first, *rest = answer.split()
    return [" ".join([str(int(first) + 1), *rest]), " ".join([*rest, first, "1"])]


def confirmed(question: Question, snap: Snapshot) -> None:
    """Find the answer in a snapshot of the machine, another way than the exercise did."""
    if not snap.mms:
        return  # the process died of the access that was asked about
    first = snap.mms[0]
    kind = question.kind
    if isinstance(kind, MapsLine) and question.answer != "none":
        texts = [maps_text(snap, mm) for mm in snap.mms]
        assert any(line.startswith(question.answer) for text in texts for line in text.split("\n"))
    elif isinstance(kind, Names):
        entry = views.walk(snap, first, BASE)[-1]
        bits = {"P": 0, "RW": 1, "US": 2, "A": 5, "D": 6, "NX": 63}
        found = [n for n, bit in bits.items() if entry.level == "PTE" and entry.entry >> bit & 1]
        assert question.answer == (" ".join(found) or "none")
    elif isinstance(kind, Number) and kind.what == "vm_start":
        assert int(question.answer, 0) in {vma.vm_start for vma in first.mmap}
    elif isinstance(kind, Number) and kind.what == "mm_users":
        users = [sum(task.mm == mm.mm for task in snap.tasks) for mm in snap.mms]
        assert int(question.answer) in users
        assert users == [mm.mm_users for mm in snap.mms]


def examine(name: str, seed: int) -> None:
    question = variant(GENERATORS[name], name, seed)
    again = variant(GENERATORS[name], name, seed)
    assert (question.text, question.given, question.answer) == (
        again.text,
        again.given,
        again.answer,
    )
    assert question.kind.read(question.answer) == question.answer
    assert check(question, question.answer).right
    for wrong in others(question):
        try:
            assert question.kind.read(wrong) != question.answer
        except AnswerError:
            continue
        verdict = check(question, wrong)
        assert verdict.outcome == "wrong", (wrong, question.answer)
        assert question.hint in verdict.words
    confirmed(question, capture(question.machine.system))


@pytest.mark.parametrize("name", NAMES)
def test_variants(name: str) -> None:
    for seed in range(30):
        examine(name, seed)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_thousand_variants(name: str) -> None:
    for seed in range(1000):
        examine(name, seed)


@pytest.mark.parametrize("name", NAMES)
def test_variants_differ(name: str) -> None:
    questions = [variant(GENERATORS[name], name, seed) for seed in range(40)]
    assert len({(q.text, q.given) for q in questions}) > 20
    assert len({q.answer for q in questions}) > 1


@pytest.mark.parametrize("name", NAMES)
def test_empty_and_malformed_answers_are_told_what_to_type(name: str) -> None:
    question = variant(GENERATORS[name], name, 1)
    empty = check(question, "  ")
    assert (empty.outcome, empty.right) == ("empty", False)
    assert question.kind.form in empty.words
    assert check(question, "what?!").outcome == "unread"


def test_frames_are_handed_out_as_the_question_says() -> None:
    for seed in range(200):
        question = variant(GENERATORS["frame"], "frame", seed)
        known = {int(word.strip(",")) for word in question.given.split() if word[0].isdigit()}
        assert int(question.answer) in known
