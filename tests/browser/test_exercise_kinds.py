"""Answers that are more than a line, given by hand in a real browser: a form, bits, arrows."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.lab import Lab
from tests.browser.notebook_page import NotebookPage
from tests.browser.test_accessibility import examine_in_both_themes
from vmlab import Exercise
from vmlab.lessons.arrows import Arrows

pytestmark = pytest.mark.browser

SEED = 2


@pytest.fixture
def shown(
    lab: Lab, notebook_page: Callable[[str], NotebookPage]
) -> Callable[[str], tuple[NotebookPage, Exercise]]:
    def show(name: str) -> tuple[NotebookPage, Exercise]:
        source = f"from vmlab import Exercise\nExercise({name!r}, {SEED})"
        notebook = notebook_page(lab.add_notebook(f"{name}.ipynb", source))
        notebook.page.set_viewport_size({"width": 1366, "height": 768})
        notebook.run_all()
        return notebook, Exercise(name, SEED)

    return show


def check(page: Page) -> None:
    page.get_by_role("button", name="Check", exact=True).click()
    page.get_by_role("status").get_by_text("Right: ").wait_for()


def keep(notebook: NotebookPage, name: str) -> None:
    examine_in_both_themes(notebook)
    notebook.screenshot(name)
    notebook.python("__import__('vmlab').language('ko')")
    notebook.page.get_by_text("답 보기").wait_for()
    notebook.keep(f"{name}-ko")


def test_a_form_is_filled_in(
    shown: Callable[[str], tuple[NotebookPage, Exercise]],
) -> None:
    notebook, exercise = shown("tlb_table")
    page = notebook.page
    for name, value in zip(
        exercise.question.kind.names,  # type: ignore[attr-defined]
        exercise.question.answer.split(),
        strict=True,
    ):
        page.get_by_placeholder(f"{name}: ").fill(value)
    check(page)
    keep(notebook, "exercise-form")


@pytest.mark.parametrize("name", ["entry_bits", "present"])
def test_bits_and_pages_are_pressed(
    shown: Callable[[str], tuple[NotebookPage, Exercise]], name: str
) -> None:
    notebook, exercise = shown(name)
    for word in exercise.question.answer.split():
        notebook.page.get_by_role("button", name=word, exact=True).click()
    check(notebook.page)
    keep(notebook, f"exercise-{name}")


def test_arrows_are_drawn(shown: Callable[[str], tuple[NotebookPage, Exercise]]) -> None:
    notebook, exercise = shown("arrows")
    page, kind = notebook.page, exercise.question.kind
    assert isinstance(kind, Arrows)
    picture = page.locator(".vm-diagram").filter(has_text="Arrows")
    for tail, head in kind.drawn(exercise.question.answer).items():
        for what in (f"tail_{kind.tails.index(tail)}", f"head_{kind.heads.index(head)}"):
            picture.locator(f"[data-vm-id='{what}']").click()
    page.locator("input").and_(page.get_by_placeholder("arrows such as")).wait_for()
    check(page)
    keep(notebook, "exercise-arrows")


def test_a_frame_is_clicked(shown: Callable[[str], tuple[NotebookPage, Exercise]]) -> None:
    notebook, exercise = shown("freed_frame")
    page = notebook.page
    page.locator(f".vm-diagram [data-vm-id='{exercise.question.answer}']").first.click()
    check(page)
    keep(notebook, "exercise-click")
