"""The page that plays a recording: one text, with nothing to load."""

from __future__ import annotations

import html
from functools import cache

from vmlab.errors import UsageError
from vmlab.widgets.base import bundle, styles
from vmlab.widgets.page import head, packed, stand_alone
from vmlab.widgets.played import Data
from vmlab.words.language import say

FORMAT, VERSION = "vmlab-player", 1
LONGEST_LINK = 64_000  # characters: what programs that pass links on leave whole
IN_LINK = "#vmlab-player="


@cache
def code() -> str:
    """Return the script of every page."""
    return bundle("play.js", ("diagram_view", "story_strip"), "play(views);\n")


@cache
def style() -> str:
    """Return the stylesheet of every page."""
    return styles("diagram_view.css", "player.css", "story_strip.css", "played.css")


def page(recording: Data | None) -> str:
    """Return the page that plays a recording, as HTML; it speaks the present language.

    Args:
        recording: what `played` returned; None = the page plays what its link holds.
    """
    data = {**(recording or {}), **head(FORMAT, VERSION, code())}
    title = data.get("title", say("A recording of vmlab"))
    unplayed = html.escape(say("This page plays where JavaScript runs. This is what happened:"))
    calls = "\n".join(map(_in_words, reversed(data.get("calls", []))))
    words = f"<p>{unplayed}</p>\n<ol>\n{calls}\n</ol>"
    return stand_alone(data, title=title, words=words, script=code(), style=style())


def link(recording: Data, address: str) -> str:
    """Return a link to a page without a recording, such as `page(None)`, which then plays this one.

    Args:
        recording: what `played` returned.
        address: of the page.

    Raises:
        UsageError: it is too much for a link.
    """
    found = f"{address}{IN_LINK}{packed({**recording, **head(FORMAT, VERSION, code())})}"
    if len(found) > LONGEST_LINK:
        raise UsageError(
            say(
                "the link would have {n:,} characters, more than {most:,}: export a page instead, "
                "or take fewer pictures",
                n=len(found),
                most=LONGEST_LINK,
            )
        )
    return found


def _in_words(call: Data) -> str:
    words = html.escape(call["headline"])
    return f"<li><code>{html.escape(call['call'])}</code><br>{words}</li>"
