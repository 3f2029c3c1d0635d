"""axe-core finds nothing to object to: contrast, names, roles, keyboard access.

Only what vmlab shows is examined, not the page around it.
"""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.explorer_page import (
    CELLS,
    PROGRAM_CELLS,
    drawn,
    open_steps,
    pictures,
    press,
    show_picture,
)
from tests.browser.lab import Lab
from tests.browser.notebook_page import NotebookPage

pytestmark = pytest.mark.browser

EXAMINED = {"include": [".jp-OutputArea-output"]}
EXERCISE = "from vmlab import Exercise\nExercise('mapcount', 1)"
LESSON = "07_fork.ipynb"


def objections(page: Page) -> str:
    # JupyterLab's body has no height: axe takes all text in it for hidden, unless it gets some.
    page.evaluate("document.body.style.height = '100vh'")
    results = Axe().run(page, EXAMINED)
    page.evaluate("document.body.style.height = ''")
    return str(results.generate_report()) if results.violations_count else ""


def examine_in_both_themes(notebook: NotebookPage) -> None:
    for theme in ("light", "dark"):
        notebook.use_theme(theme)
        found = objections(notebook.page)
        assert not found, f"{theme}: {found}"
    notebook.use_theme("light")


@pytest.fixture
def explorer(lab: Lab, notebook_page: Callable[[str], NotebookPage]) -> NotebookPage:
    return drawn(notebook_page(lab.add_notebook("accessible.ipynb", *CELLS)))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_picture_of_the_explorer(explorer: NotebookPage, theme: str) -> None:
    page = explorer.page
    expect(press(page, "fork")).to_contain_text("fork() = 1001")
    expect(press(page, "store", addr="stack + 32 pages")).to_contain_text("= ok")
    explorer.use_theme(theme)
    for name in pictures(page):
        show_picture(page, name)
        found = objections(page)
        assert not found, f"{name}: {found}"
    explorer.use_theme("light")


def test_a_program(lab: Lab, notebook_page: Callable[[str], NotebookPage]) -> None:
    notebook = drawn(notebook_page(lab.add_notebook("accessible_program.ipynb", *PROGRAM_CELLS)))
    notebook.page.locator(".vm-run-to", has_text="fault").click()
    expect(notebook.page.locator(".vm-status-line")).to_contain_text("page fault")
    notebook.page.locator(".vm-variable").first.click()
    examine_in_both_themes(notebook)


def test_the_explorer_in_every_state(explorer: NotebookPage) -> None:
    page = explorer.page
    expect(press(page, "munmap", addr="0x1001", length="1 page")).to_contain_text("-EINVAL")
    press(page, "munmap", addr="401000")
    expect(page.locator("[aria-invalid=true]")).to_have_count(1)
    page.get_by_role("button", name="Previous chapter").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".vm-note")).to_contain_text("This is the past")
    open_steps(page)
    page.get_by_role("button", name="More about this picture").first.click()
    page.get_by_role("button", name="Show as text").first.click()
    page.locator("[data-vm-id^=vma_]").first.focus()
    examine_in_both_themes(explorer)


@pytest.mark.parametrize("opener", ["All calls so far", "More calls", "Recording and files"])
def test_what_opens(explorer: NotebookPage, opener: str) -> None:
    expect(press(explorer.page, "fork")).to_contain_text("fork() = 1001")
    explorer.page.get_by_role("button", name=opener).click()
    expect(explorer.page.locator(".vm-menu:popover-open button").first).to_be_visible()
    examine_in_both_themes(explorer)


def test_the_menu_of_a_region(explorer: NotebookPage) -> None:
    page = explorer.page
    show_picture(page, "Address space")
    page.locator(".vm-stage [data-vm-id=vma_1_403000]").first.focus()
    page.keyboard.press("m")
    expect(page.locator(".vm-menu:popover-open button").first).to_be_visible()
    examine_in_both_themes(explorer)


def test_an_exercise(lab: Lab, notebook_page: Callable[[str], NotebookPage]) -> None:
    notebook = notebook_page(lab.add_notebook("accessible.ipynb", EXERCISE))
    notebook.run_all()
    notebook.page.get_by_role("button", name="Check", exact=True).click()
    notebook.page.get_by_role("status").get_by_text("Type a number").wait_for()
    examine_in_both_themes(notebook)


def test_predictions(lab: Lab, notebook_page: Callable[[str], NotebookPage]) -> None:
    source = """from vmlab import Machine, predict
m = Machine()
m.spawn()
display(predict("axe.page", "Which page?", "page", machine=m, picture="frames"))
display(predict("axe.who", "Who?", ("the parent", "the child")))
guess = predict("axe.cases", "How many?", "number")
guess.case("first", 1)
guess"""
    notebook = notebook_page(lab.add_notebook("predictions.ipynb", source))
    notebook.run_all()
    notebook.page.get_by_role("button", name="the child").click()
    notebook.page.get_by_role("button", name="Just show").click()
    notebook.page.get_by_text("The answer: 1.").wait_for()
    examine_in_both_themes(notebook)


def test_a_lesson(notebook_page: Callable[[str], NotebookPage]) -> None:
    notebook = notebook_page(LESSON)
    notebook.run_all()
    examine_in_both_themes(notebook)


def test_an_objection_is_found(lab: Lab, notebook_page: Callable[[str], NotebookPage]) -> None:
    html = '<p style="color: #999; background: #fff">pale</p><button></button>'
    code = f"from IPython.display import HTML\nHTML('{html}')"
    notebook = notebook_page(lab.add_notebook("objection.ipynb", code))
    notebook.run_all()
    found = objections(notebook.page)
    assert "color-contrast" in found
    assert "button-name" in found
