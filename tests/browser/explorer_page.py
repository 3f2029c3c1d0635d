"""The Explorer of a notebook, as its reader uses it."""

from playwright.sync_api import Locator, Page

from vmlab.widgets.call_forms import FORMS, USUAL

CELLS = (
    "from vmlab import Machine\nfrom vmlab.widgets.explorer import Explorer",
    "machine = Machine()\nprocess = machine.spawn()\nexplorer = Explorer(machine)\nexplorer",
)
LAPTOP = {"width": 1366, "height": 768}  # of a student, with JupyterLab's list of files open


def press(page: Page, call: str, **texts: str) -> Locator:
    """Press the button of a call, fill its fields, make it; answer where its answer is shown."""
    form = page.get_by_role("form", name=call, exact=True)
    if not form.is_visible():
        choose(page, call)
    if FORMS[call].fields:
        for field, text in texts.items():
            form.get_by_label(field).fill(text)
        form.get_by_role("button", name=call, exact=True).click()
    return page.locator(".vm-answer")


def choose(page: Page, call: str) -> None:
    """Press the button of a call, which may stand behind "more"."""
    row = page.locator(".vm-row")
    if call not in USUAL:
        row.get_by_role("button", name="More calls").click()
    row.get_by_role("button", name=call, exact=True).click()


def open_steps(page: Page) -> None:
    """Go by steps from now on."""
    page.locator(".vm-story .vm-link", has_text="steps").click()
    page.locator(".vm-panel").wait_for()


def on_a_laptop(page: Page) -> None:
    """Make the window as large as a student's, with the list of files open, at the Explorer."""
    page.evaluate("window.jupyterapp.shell.expandLeft()")
    page.set_viewport_size(LAPTOP)
    page.wait_for_timeout(300)
    page.locator(".vm-explorer").evaluate("element => element.scrollIntoView()")
