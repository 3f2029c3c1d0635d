"""No English in the Explorer while it speaks Korean, wherever one looks in it."""

import importlib
import pkgutil
import re
from collections.abc import Callable, Collection
from enum import EnumType

import pytest
from playwright.sync_api import Page, expect

from tests.browser.explorer_page import (
    CELLS,
    PICTURE,
    PROGRAM,
    PROGRAM_CELLS,
    drawn,
    pictures,
    press,
    recording_menu,
    show_picture,
)
from tests.browser.lab import Lab
from tests.browser.notebook_page import NotebookPage
from tests.browser.seen import seen
from tests.translation.latin import english_words
from vmlab.model import abi
from vmlab.widgets.call_forms import FORMS

pytestmark = pytest.mark.browser

ENUMS = [
    kind
    for each in pkgutil.iter_modules(abi.__path__)
    for kind in vars(importlib.import_module(f"{abi.__name__}.{each.name}")).values()
    if isinstance(kind, EnumType)
]
NAMES = {*FORMS, *(field.name for form in FORMS.values() for field in form.fields)}
# What is typed for MAP_PRIVATE, O_CREAT, WEXITED, PROT_READ | PROT_WRITE.
FLAGS = {*NAMES, "rw", "rx"} | {
    word
    for kind in ENUMS
    for name in kind.__members__
    for word in (*name.lower().split("_"), name.lower().removeprefix("w"))
}

OPENERS = ".vm-row .vm-run, .vm-more-calls .vm-choice"


class Walk:
    """What was seen on a walk through a page; `names` are those of a program that is shown."""

    def __init__(self, page: Page, names: Collection[str] = ()) -> None:
        self.page = page
        self.names = {*NAMES, *names}
        self.texts: set[tuple[str, bool]] = set()

    def look(self) -> None:
        self.texts.update(seen(self.page.locator(".vm-explorer").first))

    @property
    def english(self) -> dict[str, list[str]]:
        found = {
            text: english_words(text, "ko", FLAGS if typed else self.names)
            for text, typed in self.texts
        }
        return {text: words for text, words in found.items() if words}


@pytest.fixture
def walk(lab: Lab, notebook_page: Callable[[str], NotebookPage]) -> Walk:
    notebook = drawn(notebook_page(lab.add_notebook("no_english.ipynb", *CELLS)))
    recording_menu(notebook.page, "한국어")
    expect(notebook.page.get_by_role("tab", name="주소 공간").first).to_be_visible()
    return Walk(notebook.page)


def test_every_form_and_every_picture(walk: Walk) -> None:
    page = walk.page
    walk.look()
    for call, form in FORMS.items():
        if form.fields:
            page.locator(OPENERS).get_by_text(call, exact=True).first.dispatch_event("click")
            walk.look()
    page.locator(".vm-row").get_by_role("button", name="fork", exact=True).click()
    expect(page.locator(".vm-answer")).to_contain_text("fork() = 1001")
    for name in dict.fromkeys(pictures(page)):
        show_picture(page, name)
        walk.look()
    assert walk.english == {}


def test_stories_errors_and_the_past(walk: Walk) -> None:
    page = walk.page
    for call, texts, answer in (
        ("store", {"addr": "스택 + 32 페이지", "data": "9"}, "ok"),
        ("munmap", {"addr": "0x1001", "length": "1 페이지"}, "-EINVAL"),
        ("mmap", {"length": "0"}, "-EINVAL"),
        ("load", {"addr": "0xdead000"}, "SIGSEGV"),
    ):
        expect(press(page, call, **texts)).to_contain_text(answer)
        walk.look()
    press(page, "munmap", addr="401000")
    expect(page.locator("[aria-invalid=true]")).to_have_count(1)
    walk.look()
    page.get_by_role("button", name="지금까지의 모든 호출").click()
    expect(page.locator(".vm-call-list .vm-choice")).to_have_count(4)
    walk.look()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="이전 장").click()
    walk.look()
    page.locator(".vm-story .vm-link", has_text="단계").click()
    page.locator(".vm-panel").wait_for()
    walk.look()
    page.locator(".vm-stage [data-vm-id^=vma_]").first.click(button="right")
    walk.look()
    assert walk.english == {}


def test_a_program(lab: Lab, notebook_page: Callable[[str], NotebookPage]) -> None:
    pytest.importorskip("unicorn", reason="the extra vmlab[programs] is not installed")
    notebook = notebook_page(lab.add_notebook("no_english_program.ipynb", *PROGRAM_CELLS))
    notebook.run_all()
    page = notebook.page
    page.locator(PICTURE).wait_for()
    page.locator(".vm-run-bar button").first.click()
    recording_menu(page, "한국어")
    expect(page.get_by_role("tab", name="주소 공간").first).to_be_visible()
    expect(page.locator(".vm-run-to").first).to_have_text("줄")
    page.wait_for_timeout(500)  # until all views are there anew
    walk = Walk(page, {"program", *re.findall("[a-z]+", re.sub(r"/[*/].*|\".*?\"", " ", PROGRAM))})
    walk.look()
    for until in ("폴트", "호출", "줄", "끝"):
        page.locator(".vm-run-to", has_text=until).first.click()
        page.wait_for_timeout(500)
        walk.look()
    assert walk.english == {}
