"""Each view of a page speaks the language that Python spoke when it made it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.lab import Lab
from tests.browser.notebook_page import NotebookPage

pytestmark = pytest.mark.browser

CELLS = (
    "import gettext\n"
    "from vmlab import Player\n"
    "from vmlab.words import language\n"
    "class Marked(gettext.NullTranslations):\n"
    "    def gettext(self, message): return f'⟦{message}⟧'\n"
    "language.use(Marked())\n"
    "Player(count=3, step=1)",
    "language.language('en')\nPlayer(count=3)",
)


def test_two_languages_in_a_page(lab: Lab, open_notebook: Callable[[str], NotebookPage]) -> None:
    notebook = open_notebook(lab.add_notebook("language.ipynb", *CELLS))
    notebook.run_all()
    marked, english = (notebook.page.locator(".vm-player").nth(n) for n in (0, 1))
    english.get_by_role("button", name="Next step", exact=True).click()
    marked.get_by_role("button", name="⟦Next step⟧").click()
    for player, words in ((english, "step 1 of 2"), (marked, "⟦step 2 of 2⟧")):
        expect(player.get_by_role("slider")).to_have_attribute("aria-valuetext", words)
