"""Predictions made by hand in a real browser: typed, chosen, clicked; judged, and kept."""

from collections.abc import Callable

import pytest

from tests.browser.lab import Lab
from tests.browser.notebook_page import NotebookPage

pytestmark = pytest.mark.browser

ASK = """from vmlab import Machine, predict
m = Machine()
p = m.spawn()
p.store(0x404000, b"A")
child = p.fork()
guess = predict("browser.{name}", {asked})
guess"""
NUMBER = ASK.format(name="number", asked='"How many frames does the write take?", "number"')
CHOICE = ASK.format(
    name="choice", asked='"Who gets a copy?", ("the parent", "the child", "nobody")'
)
CLICK = ASK.format(
    name="click", asked='"Whose page is copied?", "page", machine=m, picture="frames"'
)
CASES = """from vmlab import predict
guess = predict("browser.cases", "How long is the word?", "number")
guess.case("`mmap`", 4, " ".join("mmap"))
guess.case("`brk`", 3)
guess"""


def run_cell(notebook: NotebookPage, cell: int) -> None:
    """Run one cell, as a student goes through a lesson."""
    notebook.page.evaluate(
        """async cell => {
            const notebook = window.jupyterapp.shell.currentWidget.content;
            notebook.activeCellIndex = cell;
            await window.jupyterapp.commands.execute("notebook:run-cell");
        }""",
        cell,
    )


def test_a_number_is_typed_judged_by_the_next_cell_and_kept(
    lab: Lab, notebook_page: Callable[[str], NotebookPage]
) -> None:
    name = lab.add_notebook("predict_number.ipynb", NUMBER, "guess.outcome(1)")
    notebook = notebook_page(name)
    run_cell(notebook, 0)
    field = notebook.page.get_by_placeholder("a number such as 3")
    field.fill("many")
    field.press("Enter")
    notebook.page.get_by_text("cannot be read").wait_for()
    field.fill("2")
    field.press("Enter")
    notebook.page.get_by_text("You say: 2. Now run the next cell.").wait_for()
    run_cell(notebook, 1)
    notebook.page.get_by_text("Not yet: the number is less than 2").first.wait_for()
    notebook.screenshot("predict-number")

    again = notebook_page(name)
    run_cell(again, 0)
    again.page.get_by_text("You say: 2.").wait_for()
    assert again.page.get_by_placeholder("a number such as 3").input_value() == "2"


def test_a_choice_is_made_with_the_keyboard(
    lab: Lab, notebook_page: Callable[[str], NotebookPage]
) -> None:
    notebook = notebook_page(
        lab.add_notebook("predict_choice.ipynb", CHOICE, "guess.outcome('the child')")
    )
    run_cell(notebook, 0)
    first = notebook.page.get_by_role("button", name="the parent")
    first.focus()
    first.press("Space")
    notebook.page.get_by_text("You say: the parent.").wait_for()
    first.press("Tab")
    notebook.page.keyboard.press("Space")
    notebook.page.get_by_text("You say: the child.").wait_for()
    run_cell(notebook, 1)
    notebook.page.get_by_text("Right: the child.").first.wait_for()
    notebook.screenshot("predict-choice")


def test_a_page_is_clicked_or_reached_with_the_keyboard(
    lab: Lab, notebook_page: Callable[[str], NotebookPage]
) -> None:
    notebook = notebook_page(
        lab.add_notebook("predict_click.ipynb", CLICK, "guess.outcome((child, 0x404000))")
    )
    run_cell(notebook, 0)
    page = notebook.page
    page.locator('[data-vm-id="pte_1_404000"]').first.click()
    page.get_by_text("You say: page 0 of bss in 1000.").wait_for()
    wanted = page.locator('[data-vm-id="pte_2_404000"]').first
    wanted.focus()
    wanted.press("Enter")
    page.get_by_text("You say: page 0 of bss in 1001.").wait_for()
    notebook.screenshot("predict-click")
    run_cell(notebook, 1)
    page.get_by_text("Right: page 0 of bss in 1001.").first.wait_for()


def test_who_answers_nothing_just_reads_the_outcome(
    lab: Lab, notebook_page: Callable[[str], NotebookPage]
) -> None:
    source = NUMBER.replace("browser.number", "browser.skipped")
    notebook = notebook_page(lab.add_notebook("predict_skip.ipynb", source, "guess.outcome(1)"))
    notebook.run_all()
    notebook.page.get_by_text("The answer: 1.").wait_for()


def test_cases_come_one_after_the_other(
    lab: Lab, notebook_page: Callable[[str], NotebookPage]
) -> None:
    notebook = notebook_page(lab.add_notebook("predict_cases.ipynb", CASES))
    notebook.run_all()
    page = notebook.page
    fields = page.get_by_placeholder("a number such as 3")
    fields.wait_for()
    assert page.get_by_text(" ".join("mmap")).count() == 0
    fields.fill("4")
    page.get_by_role("button", name="Check", exact=True).click()
    page.get_by_text("Right: 4.").wait_for()
    page.get_by_text(" ".join("mmap")).wait_for()
    fields.nth(1).wait_for()
    assert fields.count() == 2
    page.get_by_role("button", name="Just show", exact=True).nth(1).click()
    page.get_by_text("The answer: 3.").wait_for()
    notebook.screenshot("predict-cases")
