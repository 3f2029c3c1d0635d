"""A stored picture, which is shorter, is painted as the one that Graphviz drew."""

import pytest
from playwright.sync_api import Browser

from vmlab import Machine, language
from vmlab.diagrams.layout import on_paper
from vmlab.widgets.pictures import PICTURES, Focus
from vmlab.words.language import spoken

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module", params=["en", "ko"])
def pictures(request: pytest.FixtureRequest) -> dict[str, str]:
    before = spoken()
    language(request.param)
    machine = Machine()
    parent = machine.spawn()
    parent.fork().store(0x403000, b"B")
    snap = machine.snapshot()
    drawn = {name: kind.svg(snap, Focus()) for name, kind in PICTURES.items()}
    language(before)
    return drawn


def test_it_is_painted_alike(pictures: dict[str, str], browser: Browser) -> None:
    page = browser.new_page()
    for name, svg in pictures.items():
        shots = []
        for shown in (svg, on_paper(svg)):
            size = "<style>body { margin: 0 } svg { width: 900px; height: 700px }</style>"
            page.set_content(size + shown)
            shots.append(page.locator("svg").screenshot())
        assert shots[0] == shots[1], name
    page.close()
