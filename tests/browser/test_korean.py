"""The Explorer in Korean: chosen in its menu, at once; typed with an input method."""

from collections.abc import Callable

import nbformat
import pytest
from playwright.sync_api import Page, expect

from tests.browser.explorer_page import CELLS, drawn, press, recording_menu
from tests.browser.lab import Lab
from tests.browser.notebook_page import NotebookPage

pytestmark = pytest.mark.browser


@pytest.fixture
def notebook(lab: Lab, notebook_page: Callable[[str], NotebookPage]) -> NotebookPage:
    return drawn(notebook_page(lab.add_notebook("korean.ipynb", *CELLS)))


@pytest.fixture
def page(notebook: NotebookPage) -> Page:
    return notebook.page


def test_all_is_said_in_korean_and_in_english_again(notebook: NotebookPage, page: Page) -> None:
    press(page, "fork")
    recording_menu(page, "한국어")
    expect(page.locator(".vm-headline")).to_contain_text("프레임 2개를 공유합니다")
    expect(page.get_by_role("tab", name="주소 공간").first).to_be_visible()
    expect(page.get_by_role("button", name="되돌리기").first).to_be_visible()
    notebook.screenshot("korean-explorer")
    page.locator(".vm-toolbar").first.get_by_role("button", name="기록과 파일").click()
    page.locator(".vm-toolbar .vm-choice", has_text="English").first.click()
    expect(page.locator(".vm-headline")).to_contain_text("shares 2 frames")
    expect(page.get_by_role("tab", name="Address space").first).to_be_visible()


def test_an_input_method_makes_no_call_before_the_letters_are_done(page: Page) -> None:
    recording_menu(page, "한국어")
    expect(page.get_by_role("button", name="되돌리기").first).to_be_visible()
    page.locator(".vm-row").get_by_role("button", name="load", exact=True).click()
    form = page.get_by_role("form", name="load", exact=True)
    field = form.get_by_label("addr")
    field.fill("")
    field.focus()
    keyboard = page.context.new_cdp_session(page)
    composed = {"text": "스택", "selectionStart": 2, "selectionEnd": 2}
    keyboard.send("Input.imeSetComposition", composed)
    process_key = {"type": "rawKeyDown", "key": "Enter", "code": "Enter"}
    keyboard.send("Input.dispatchKeyEvent", {**process_key, "windowsVirtualKeyCode": 229})
    page.wait_for_timeout(300)
    expect(page.locator(".vm-answer")).not_to_contain_text("load(")
    keyboard.send("Input.insertText", {"text": "스택"})
    expect(field).to_have_value("스택")
    field.press("Enter")
    expect(page.locator(".vm-answer")).to_contain_text("load(0x7ff")


def test_a_notebook_names_its_language(
    lab: Lab, open_notebook: Callable[[str], NotebookPage]
) -> None:
    name = lab.add_notebook("names_korean.ipynb", *CELLS)
    path = lab.folder / name
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata["vmlab"] = {"language": "ko"}
    nbformat.write(notebook, path)
    opened = open_notebook(name)
    opened.run_all()
    expect(opened.page.get_by_role("tab", name="주소 공간").first).to_be_visible()
