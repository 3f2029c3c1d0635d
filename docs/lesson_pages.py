"""Sphinx extension: a lesson runs live in its page, and pages know their other language."""

from __future__ import annotations

import re
from html import escape
from typing import Any

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from docs.front_player import PAGE
from docs.sources import ENGLISH, documents

OTHER = {"en": ("ko", "한국어"), "ko": ("en", "English")}
OPEN = {"en": "Open the lab", "ko": "실습실 열기"}
RUN = {"en": "Run live", "ko": "직접 실행하기"}
HINT = {
    "en": "opens this lesson below, in your browser; nothing to install",
    "ko": "이 단원을 아래에서 브라우저로 엽니다. 설치할 것이 없습니다",
}
FRAME = {"en": "The lesson, running", "ko": "실행 중인 단원"}
PLAYED = {"en": "A fork and a copy on write, step by step", "ko": "fork와 copy-on-write, 한 단계씩"}
FIRST = "00_start_here"
_SCROLLS = re.compile(r'(<pre(?=>)|<div(?= class="(?:table-wrapper|output text_html)))')


def other_page(page: str, language: str) -> str | None:
    """Return where a page is in the other language, from the root of its own; None if it is not.

    >>> other_page("lessons/07_fork", "en"), other_page("glossary", "ko")
    ('ko/lessons/07_fork.html', '../glossary.html')
    >>> other_page("events", "en")
    """
    if not (page.startswith("lessons/") or page in documents(".ko")):
        return None
    return f"ko/{page}.html" if language == ENGLISH else f"../{page}.html"


def lab_page(lesson: str, language: str, lab: str) -> str:
    """Return where the lab opens a lesson, from the root of the documentation in a language.

    >>> lab_page("07_fork", "ko", "../lab/index.html")
    '../../lab/index.html?path=ko/07_fork.ipynb'
    >>> lab_page("incidents/split_a_region", "en", "../lab/index.html")
    '../lab/index.html?path=incidents/split_a_region.ipynb'
    """
    up, folder = ("", "") if language == ENGLISH else ("../", f"{language}/")
    return f"{up}{lab}?path={folder}{lesson}.ipynb"


def _decorate(app: Any, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    language = app.config.language
    root = "../" * page.count("/")
    if where := other_page(page, language):
        code, name = OTHER[language]
        context["other_language"] = {"code": code, "name": name, "url": root + where}
    if doctree is not None:
        context["body"] = _accessible(context["body"])
    folder, _, lesson = page.partition("/")
    if folder == "lessons" and lesson != "index":
        url = root + lab_page(lesson, language, app.config.lab_url)
        context["body"] = context["body"].replace("</h1>", f"</h1>{_live(url, language)}", 1)


def _accessible(body: str) -> str:
    # What scrolls can be reached by keyboard, and a corner of a table without words heads nothing.
    body = _SCROLLS.sub(r'\1 tabindex="0"', body)
    return re.sub(r'<th class="head[^"]*"><p></p></th>', "<td></td>", body)


def _live(url: str, language: str) -> str:
    return (
        f'<p class="run-live"><a class="big-button" href="{escape(url)}" '
        f'data-frame="{FRAME[language]}">{RUN[language]}</a> <span>{HINT[language]}</span></p>'
    )


class Front(SphinxDirective):
    """What the front page begins with: the tool, moving, and the button that opens the lab."""

    def run(self) -> list[nodes.Node]:
        """Return its HTML."""
        language = self.config.language
        lab = lab_page(FIRST, language, self.config.lab_url)
        title = PLAYED[language]
        button = (
            f'<p><a data-front class="big-button" href="{escape(lab)}">{OPEN[language]}</a></p>'
        )
        shown = f'<iframe class="player" title="{title}" src="{PAGE}#play"></iframe>'
        return [nodes.raw("", button + shown, format="html")]


def setup(app: Any) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_config_value("lab_url", "", "env", str)
    app.add_directive("front", Front)
    app.connect("html-page-context", _decorate)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
