"""An exercise, answered by hand in a real browser, and still answered when it is opened again."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.lab import Lab
from tests.browser.notebook_page import NotebookPage
from vmlab import Exercise

pytestmark = pytest.mark.browser

SHOW = "from vmlab import Exercise\nExercise('mapcount', 1)"


def test_answers_survive_closing_the_notebook(
    lab: Lab, notebook_page: Callable[[str], NotebookPage]
) -> None:
    name = lab.add_notebook("exercise.ipynb", SHOW)
    answer = Exercise("mapcount", 1).question.answer

    first = notebook_page(name)
    first.run_all()
    field = first.page.get_by_placeholder("a number such as 3")
    status = first.page.get_by_role("status")

    first.page.get_by_role("button", name="Check", exact=True).click()
    status.get_by_text("Type a number").wait_for()
    field.fill("many")
    field.press("Enter")
    status.get_by_text("cannot be read").wait_for()
    field.fill(str(int(answer) + 1))
    field.press("Enter")
    status.get_by_text("is less than").wait_for()
    first.screenshot("exercise-wrong")
    field.fill(answer)
    first.page.get_by_role("button", name="Check", exact=True).click()
    status.get_by_text(f"Right: {answer}").wait_for()
    first.screenshot("exercise-right")

    again = notebook_page(name)
    again.run_all()
    again.page.get_by_role("status").get_by_text(f"Right: {answer}").wait_for()
    assert again.page.get_by_placeholder("a number such as 3").input_value() == answer
    again.page.get_by_text("1 variant answered right").wait_for()

    again.page.get_by_role("button", name="Another", exact=True).click()
    again.page.get_by_role("status").get_by_text("Right: ").wait_for(state="detached")
    expect(again.page.get_by_placeholder("a number such as 3")).to_have_value("")
    again.page.get_by_text("Show the answer").click()
    again.page.get_by_text("The kernel counts them").wait_for()
