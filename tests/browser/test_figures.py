"""Every figure of the screenshots is drawn in a browser, whole and without a complaint."""

import re

import pytest
from playwright.sync_api import Browser

from tests.browser import figures
from tests.browser.figures import Figure
from tests.browser.screenshots import MODES, open_page, show
from vmlab.widgets.base import module
from vmlab.widgets.pictures import PICTURES

pytestmark = pytest.mark.browser

# Draws texts one over the other, the first one twice. Gives those that are not in all parts what
# they are when they are drawn alone, or whose texts do not stand where Graphviz put them.
DRAW_OVER = """svgs => {
    const drawing = new Drawing();
    const shown = (svg) => {
        document.body.replaceChildren(svg);
        const wanted = { width: 1000, height: 1000, viewBox: "0 0 1000 1000" };
        for (const [name, value] of Object.entries(wanted)) svg.setAttribute(name, value);
        return svg;
    };
    const places = (svg) => [...shown(svg).querySelectorAll("text")].map((text) => {
        const { x, y } = text.getBoundingClientRect();
        return [text.textContent, Math.round(x), Math.round(y)].join(" ");
    }).sort().join("\\n");
    const parts = (svg) => shown(svg).outerHTML.replace(/ (?:id|aria-label|role)="[^"]*"/g, "");
    const wrong = [];
    for (const [number, text] of [...svgs, svgs[0]].entries()) {
        drawing.draw(text, true);
        const alone = new Drawing();
        alone.draw(text, false);
        const same = parts(drawing.svg) === parts(alone.svg)
            && String(drawing.whole) === String(alone.whole);
        if (!drawing.parsed || !same || places(drawing.svg) !== places(sanitise(text))) {
            wrong.push(number);
        }
    }
    return wrong;
}"""


@pytest.fixture(scope="module")
def drawn() -> list[Figure]:
    return list(figures.figures())


def test_every_picture_has_figures_and_all_are_seen(browser: Browser, drawn: list[Figure]) -> None:
    page = open_page(browser, MODES[0])
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    seen = set()
    for figure in drawn:
        show(page, figure)
        texts = page.locator(".vm-stage text").all_inner_texts()
        assert len(texts) == len(re.findall("<text", figure.svg)), figure.name
        seen.add(figure.name.partition("-")[0])
    assert seen == set(PICTURES)
    assert errors == []
    page.close()


def test_a_picture_over_another_is_the_picture_alone(browser: Browser, drawn: list[Figure]) -> None:
    page = browser.new_page()
    page.add_script_tag(content=module("patched_drawing.js"))
    svgs = [figure.svg for figure in drawn]
    assert [drawn[number % len(drawn)].name for number in page.evaluate(DRAW_OVER, svgs)] == []
    page.close()
