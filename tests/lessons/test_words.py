"""Exercises speak the reader's language; what they keep is the same in all of them."""

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from ipywidgets import Widget

from tests.plain_codes import plain_codes
from tests.pseudo_language import marked, plain_words, pseudo_language
from vmlab import Exercise, Machine, progress, show, watch
from vmlab.errors import UsageError
from vmlab.lessons.answer_kinds import AnswerError, AnswerKind, Choice, MapsLineAnswer, Names
from vmlab.lessons.answers_file import Answers
from vmlab.lessons.checking import others
from vmlab.lessons.exercise_view import ExerciseView
from vmlab.lessons.generators import GENERATORS
from vmlab.lessons.question import judge, variant
from vmlab.lessons.registry import names
from vmlab.lessons.toggles import EntryBits, PageSet
from vmlab.widgets.diagram_view import DiagramView
from vmlab.widgets.pictures import PICTURES

# Names of Linux, of calls and their flags, and what programs and tables say.
NAMES = set(
    """
    mmap munmap mprotect brk fork load store open find_vma NULL for char start_brk mm
    PROT_READ PROT_WRITE PROT_EXEC PROT_NONE MAP_PRIVATE MAP_SHARED MAP_ANONYMOUS MAP_FIXED
    clone CLONE_VM C1 C2 C3 a.out MAP_FIXED_NOREPLACE O_RDONLY O_RDWR EINVAL EBADF EACCES EEXIST
    ENOMEM EPERM SEGV_MAPERR SEGV_ACCERR BUS_ADRERR PGD PUD PMD PTE US RW NX
    VPN PPN TLBI TLBT TAG SET V L1 L2 L3 L4 VPO PPO KB if int printf write wait x start_code
    C4 C5 _exit T1 T2 T3 T4 T5 dev zero deleted
    SIGSEGV SIGBUS fd P0 P1 C0 C1 MAP_ANONYMOUS vm_start mm_users mm_count
    Type Offset VirtAddr FileSiz MemSiz Flg LOAD data heap stack vdso vvar vvar_vclock xxxx
    """.split()
)


def left(*texts: str) -> set[str]:
    """Return what is a word in plain letters, and neither a name nor a ruler nor rights."""
    found = plain_words("\n".join(texts)) - NAMES
    return {word for word in found if not re.fullmatch("[A-Fa-f.]+|[rwxps]+", word)}


@pytest.mark.parametrize("name", list(GENERATORS))
def test_a_question_is_in_the_language_of_the_reader(name: str) -> None:
    with pseudo_language(), plain_codes():
        for seed in range(12):
            question = variant(GENERATORS[name], name, seed)
            kind = question.kind
            said = [question.text, question.given, question.hint, kind.form, kind.request]
            said += [judge(question, text).words for text in ("", "??", question.answer)]
            codes = plain_words(question.why) if name == "mmap_answer" else set()
            assert left(*said) <= codes


def seen(widget: Widget) -> str:
    """Return all that a person reads of a widget and of those in it, without tags.

    What stands in a picture, names of Linux among it, is looked at in the tests of pictures.
    """
    names = ("value", "description", "tooltip", "placeholder")
    if isinstance(widget, DiagramView):
        names = ("label", "hint")
    texts = [str(getattr(widget, name, None) or "") for name in names]
    texts += map(seen, getattr(widget, "children", ()))
    return unescape(re.sub("<[^<>]*>", " ", "\n".join(texts)))


@pytest.mark.parametrize("name", list(GENERATORS))
def test_all_that_is_shown_of_an_exercise(name: str, tmp_path: Path) -> None:
    with pseudo_language(), plain_codes():
        exercise = Exercise(name, 1, Answers(tmp_path / "answers.json"))
        codes = plain_words(exercise.question.why) if name == "mmap_answer" else set()
        view = ExerciseView(exercise)
        shown = [seen(view)]
        question = exercise.question
        kind = question.kind
        wrong = "??"
        if isinstance(kind, Choice | EntryBits | PageSet):
            wrong = kind.shown(others(question)[0])
        for text in ("", wrong, kind.shown(question.answer)):
            view.field.text = text
            view.check()
            shown.append(seen(view))
        assert left(*shown) - {name} <= codes
    assert len({*shown}) == 4


def test_an_exercise_follows_a_change_of_language(tmp_path: Path) -> None:
    exercise = Exercise("rights", 1, Answers(tmp_path / "answers.json"))
    english = exercise.question
    with pseudo_language():
        asked = exercise.question
        assert left(asked.text) == set()
        assert exercise.progress == f"0 {marked('variants answered right')}"
        assert marked("judge the answer") in seen(ExerciseView(exercise))
    assert (asked.answer, asked.given) == (english.answer, english.given)
    assert exercise.question.text == english.text


def test_an_answer_is_kept_as_it_is_in_every_language(tmp_path: Path) -> None:
    exercise = Exercise("rights", 1, Answers(tmp_path / "answers.json"))
    right = exercise.question.answer
    with pseudo_language():
        verdict = exercise.check(marked(right))
        assert verdict.right
        assert marked(right) in verdict.words
        assert ExerciseView(exercise).field.text == marked(right)
    assert exercise.saved is not None
    assert exercise.saved.text == right
    assert ExerciseView(exercise).field.text == right


@pytest.mark.parametrize(
    "kind", [Choice(("no fault", "EINVAL")), Names(("P", "RW")), MapsLineAnswer()]
)
def test_a_word_can_be_typed_in_the_language_of_the_reader(kind: AnswerKind) -> None:
    word = "no fault" if isinstance(kind, Choice) else "none"
    with pseudo_language():
        assert kind.read(marked(word)) == kind.read(word) == word
        assert kind.shown(word) == marked(word)
        with pytest.raises(AnswerError) as refused:
            kind.read("?")
        assert left(str(refused.value)) == set()


def test_progress_is_told_in_the_language_of_the_reader(tmp_path: Path) -> None:
    answers = Answers(tmp_path / "answers.json")
    exercise = Exercise("rights", 1, answers)
    exercise.check(exercise.question.answer)
    table = progress(answers)
    with pseudo_language():
        assert plain_words(str(table)) == {"rights"}


@pytest.mark.parametrize(
    "slip",
    [
        lambda: Exercise("cat"),
        lambda: show(Machine(), "cat"),
        lambda: show(Machine(), "frames", 3),
        lambda: watch(Machine(), "page_fualt"),
    ],
)
def test_a_slip_is_told_in_the_language_of_the_reader(slip: Callable[[], object]) -> None:
    with pseudo_language(), pytest.raises(UsageError) as refused:
        slip()
    known = {"cat", "page_fualt", "page_fault", *PICTURES, *names()}
    assert plain_words(str(refused.value)) <= known
