"""A page that stands alone: one text, with nothing to load, in which no script runs but its own."""

from __future__ import annotations

import base64
import hashlib
import html
import json
from typing import Any

from vmlab.state.link import encode
from vmlab.widgets.base import messages, own_words
from vmlab.words.language import spoken

Data = dict[str, Any]

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
{words}
</noscript>
</main>
<script type="text/plain" id="vmlab-data">{data}</script>
<script type="module">{script}</script>
</body>
</html>
"""


def stand_alone(data: Data, *, title: str, words: str, script: str, style: str) -> str:
    """Return a page, as HTML; it speaks the present language.

    Args:
        data: what the script shows, as values of JSON; `language` and `words` are among them.
        title: of the page.
        words: HTML: what is said where no script runs.
        script: all of its code.
        style: all of its rules.
    """
    return _PAGE.format(
        language=data["language"].replace("_", "-"),
        policy=html.escape(_POLICY.format(script=_hash(script), style=_hash(style)), quote=True),
        title=html.escape(title),
        style=style,
        words=words,
        data=packed(data),
        script=script,
    )


def head(kind: str, version: int, script: str) -> Data:
    """Return what every page says of itself, with the words of its code."""
    words = own_words(messages(script))
    return {"format": kind, "version": version, "language": spoken(), "words": words}


def packed(data: Data) -> str:
    """Return data as a page holds them."""
    return encode(json.dumps(data, separators=(",", ":"), ensure_ascii=False))


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
