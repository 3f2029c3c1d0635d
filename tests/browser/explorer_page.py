"""The Explorer of a notebook, as its reader uses it."""

from playwright.sync_api import Locator, Page

CELLS = (
    "from vmlab import Machine\nfrom vmlab.widgets.explorer import Explorer",
    "machine = Machine()\nprocess = machine.spawn()\nexplorer = Explorer(machine)\nexplorer",
)


def press(page: Page, call: str, **texts: str) -> Locator:
    """Fill the fields of a call, press its button, answer where its answer is shown."""
    form = page.get_by_role("form", name=call, exact=True)
    for field, text in texts.items():
        form.get_by_label(field).fill(text)
    form.get_by_role("button", name=call, exact=True).click()
    return page.locator(".vm-answer")
