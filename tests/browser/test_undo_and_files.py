"""Undo, redo, go on, reset, save and load, by mouse and by keyboard alone."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.explorer_page import recording_menu
from tests.browser.lab import Lab
from tests.browser.notebook_page import NotebookPage

pytestmark = pytest.mark.browser

CELLS = (
    "from vmlab import Explorer, Machine",
    "machine = Machine()\nprocess = machine.spawn()\nExplorer(machine, show=['vma_tree'])",
    "Explorer(machine, show=['process_tree'], calls=['fork'])",
)


@pytest.fixture(scope="module")
def notebook(lab: Lab, open_notebook: Callable[[str], NotebookPage]) -> NotebookPage:
    notebook = open_notebook(lab.add_notebook("keeping.ipynb", *CELLS))
    notebook.run_all()
    return notebook


@pytest.fixture
def page(notebook: NotebookPage) -> Page:
    notebook.page.locator(".vm-stage svg").nth(1).wait_for()
    return notebook.page


def toolbar(page: Page) -> Locator:
    return page.get_by_role("toolbar", name="Recording", exact=True).first


def press(page: Page, name: str) -> None:
    toolbar(page).get_by_role("button", name=name, exact=True).click()


def call(page: Page, name: str) -> None:
    controls = page.locator(".vm-controls").first
    if not controls.get_by_role("form", name=name, exact=True).is_visible():
        controls.locator(".vm-row").get_by_role("button", name=name, exact=True).click()
    if controls.get_by_role("form", name=name, exact=True).is_visible():
        controls.get_by_role("form").get_by_role("button").click()
    expect(page.locator(".vm-answer").first).to_contain_text(f"{name}(")


def save(page: Page, choice: str) -> Path:
    with page.expect_download() as download:
        recording_menu(page, choice)
    return download.value.path().rename(download.value.path().with_name(choice.split()[2]))


def load(page: Page, path: Path) -> None:
    with page.expect_file_chooser() as chooser:
        recording_menu(page, "Load a recording")
    chooser.value.set_files(path)


def test_there_and_back(page: Page, tmp_path: Path) -> None:
    tree, said = page.locator(".vm-stage svg").first, page.locator(".vm-answer").first
    processes = page.get_by_label("Process", exact=True)
    nodes = tree.locator(".node")
    before = nodes.count()
    undo = toolbar(page).get_by_role("button", name="Undo", exact=True)
    expect(undo).to_have_attribute("aria-disabled", "true")

    call(page, "mmap")
    expect(nodes).to_have_count(before + 1)
    expect(undo).to_have_attribute("title", "Undo mmap")
    press(page, "Undo")
    expect(said).to_have_text("mmap is undone.")
    expect(nodes).to_have_count(before)
    press(page, "Redo")
    expect(nodes).to_have_count(before + 1)

    call(page, "fork")
    expect(processes.first).to_contain_text("1001 a.out")
    recording, state = save(page, "Save the recording"), save(page, "Save the state")
    assert "fork() = 1001" in save(page, "Save as text").read_text()
    page.get_by_role("button", name="Previous chapter").first.focus()
    page.keyboard.press("Home")
    expect(page.locator(".vm-does").nth(1)).to_have_text(
        "Drops 2 later calls. Undo brings them back."
    )
    recording_menu(page, "Continue from here")
    expect(nodes).to_have_count(before)
    expect(processes.first).not_to_contain_text("1001")
    press(page, "Undo")
    expect(processes.first).to_contain_text("1001 a.out")
    recording_menu(page, "Reset")
    expect(nodes).to_have_count(before)
    reset = toolbar(page).locator(".vm-choice", has_text="Reset")
    expect(reset).to_have_attribute("aria-disabled", "true")

    for file, count in ((recording, "steps"), (state, "0 steps")):
        load(page, file)
        expect(said).to_contain_text(f"{file.name} is loaded: ")
        expect(said).to_contain_text(count)
        expect(processes.first).to_contain_text("1001 a.out")
        expect(nodes).to_have_count(before + 1)
        press(page, "Undo")
        expect(nodes).to_have_count(before)

    broken = tmp_path / "broken.json"
    broken.write_text(recording.read_text()[:-100])
    load(page, broken)
    expect(said).to_contain_text("broken.json was not loaded: line ")
    expect(said).to_contain_text("is the file cut short?")
    expect(nodes).to_have_count(before)

    # The other Explorer followed all this.
    page.locator(".vm-row").nth(1).get_by_role("button", name="fork", exact=True).click()
    expect(page.locator(".vm-answer").nth(1)).to_contain_text("fork() = 1001")
    expect(processes.first).to_contain_text("1001 a.out")


def test_the_keyboard_alone(page: Page) -> None:
    call(page, "mmap")
    said = page.locator(".vm-answer").first

    def focused(name: str) -> None:
        expect(toolbar(page).get_by_role("button", name=name)).to_be_focused()

    toolbar(page).get_by_role("button", name="Undo").focus()
    page.keyboard.press("Enter")
    expect(said).to_have_text("mmap is undone.")
    focused("Undo")
    page.keyboard.press("ArrowRight")
    focused("Redo")
    page.keyboard.press("Space")
    expect(said).to_have_text("What was undone is back.")
    page.keyboard.press("ArrowRight")
    focused("Recording and files")
    page.keyboard.press("Enter")
    focused("Reset")
    page.keyboard.press("ArrowDown")
    focused("Continue from here")
    page.keyboard.press("Enter")  # there is nothing to drop: nothing happens
    focused("Continue from here")
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    focused("Save as text")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert download.value.suggested_filename == "vmlab-transcript.txt"
    expect(said).to_have_text("It is saved as vmlab-transcript.txt.")
    focused("Recording and files")
    file = page.locator(".vm-toolbar input[type=file]").first
    file.evaluate("input => input.addEventListener('click', () => (input.dataset.asked = 'yes'))")
    page.keyboard.press("Enter")
    focused("Reset")
    for _ in range(5):
        page.keyboard.press("ArrowDown")
    focused("Export as a page")
    page.keyboard.press("ArrowDown")
    focused("Share")
    page.keyboard.press("ArrowDown")
    focused("Load a recording")
    page.keyboard.press("Enter")
    expect(file).to_have_attribute("data-asked", "yes")


def test_the_recording_plays_as_a_page(page: Page, tmp_path: Path) -> None:
    call(page, "fork")
    with page.expect_download() as download:
        recording_menu(page, "Export as a page")
    assert download.value.suggested_filename == "vmlab-recording.html"
    file = tmp_path / "fork.html"
    download.value.save_as(file)
    assert page.context.browser is not None
    alone = page.context.browser.new_page()
    alone.goto(file.as_uri())
    alone.keyboard.press("End")
    told = page.locator(".vm-headline").first.inner_text()
    assert told.startswith("fork: ")
    expect(alone.locator(".vm-headline")).to_have_text(told)
    expect(alone.locator(".vm-stage svg")).to_be_visible()
    alone.close()
