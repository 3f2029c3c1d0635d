"""Every figure of the screenshots is drawn in a browser, whole and without a complaint."""

import re

import pytest
from playwright.sync_api import Browser

from tests.browser.figures import figures
from tests.browser.screenshots import MODES, open_page, show
from vmlab.widgets.pictures import PICTURES

pytestmark = pytest.mark.browser


def test_every_picture_has_figures_and_all_are_seen(browser: Browser) -> None:
    page = open_page(browser, MODES[0])
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    seen = set()
    for figure in figures():
        show(page, figure)
        texts = page.locator(".vm-stage text").all_inner_texts()
        assert len(texts) == len(re.findall("<text", figure.svg)), figure.name
        seen.add(figure.name.partition("-")[0])
    assert seen == set(PICTURES)
    assert errors == []
    page.close()
