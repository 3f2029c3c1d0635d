"""The page that plays a recording: one text, with nothing to load."""

from __future__ import annotations

import base64
import hashlib
import html
import json
from functools import cache

from vmlab.errors import UsageError
from vmlab.state.link import encode
from vmlab.widgets.base import bundle, messages, own_words, styles
from vmlab.widgets.played import Data
from vmlab.words.language import say, spoken

FORMAT, VERSION = "vmlab-player", 1
LONGEST_LINK = 64_000  # characters: what programs that pass links on leave whole
IN_LINK = "#vmlab-player="

# Nothing is loaded from anywhere, and no script runs but the one that stands in the page.
_POLICY = (
    "default-src 'none'; script-src '{script}'; style-src '{style}'; img-src data: blob:; "
    "base-uri 'none'; form-action 'none'"
)
_PAGE = """\
<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="data:,">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main id="play" class="vm vm-played">
<noscript>
<h1>{title}</h1>
<p>{unplayed}</p>
<ol>
{calls}
</ol>
</noscript>
</main>
<script type="text/plain" id="vmlab-data">{data}</script>
<script type="module">{script}</script>
</body>
</html>
"""


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
    data = {**(recording or {}), **_head()}
    title = data.get("title", say("A recording of vmlab"))
    return _PAGE.format(
        language=data["language"].replace("_", "-"),
        policy=html.escape(_POLICY.format(script=_hash(code()), style=_hash(style())), quote=True),
        title=html.escape(title),
        style=style(),
        unplayed=html.escape(say("This page plays where JavaScript runs. This is what happened:")),
        calls="\n".join(map(_in_words, reversed(data.get("calls", [])))),
        data=_packed(data),
        script=code(),
    )


def link(recording: Data, address: str) -> str:
    """Return a link to a page without a recording, such as `page(None)`, which then plays this one.

    Args:
        recording: what `played` returned.
        address: of the page.

    Raises:
        UsageError: it is too much for a link.
    """
    found = f"{address}{IN_LINK}{_packed({**recording, **_head()})}"
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


def _head() -> Data:
    # What every page says of itself, with the words of its code.
    words = own_words(messages(code()))
    return {"format": FORMAT, "version": VERSION, "language": spoken(), "words": words}


def _packed(data: Data) -> str:
    return encode(json.dumps(data, separators=(",", ":"), ensure_ascii=False))


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _in_words(call: Data) -> str:
    words = html.escape(call["headline"])
    return f"<li><code>{html.escape(call['call'])}</code><br>{words}</li>"
