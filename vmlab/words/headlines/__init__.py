"""What a call or an access came to: a sentence for each code of a headline, a title for a chapter.

A message is a whole sentence, with named places for the values of the headline; a pair of messages
is about one thing and about several, which stand in it as {n}.
"""

from __future__ import annotations

from collections.abc import Mapping

from vmlab.words.headlines import (
    accesses,
    calls,
    files,
    ipc,
    life,
    logs,
    paths,
    proc,
    regions,
    sources,
    threads,
    titles,
)
from vmlab.words.language import say, say_n

Message = str | tuple[str, str]

HEADLINES: dict[str, Message] = {
    **accesses.HEADLINES,
    **calls.HEADLINES,
    **files.HEADLINES,
    **ipc.HEADLINES,
    **life.HEADLINES,
    **logs.HEADLINES,
    **paths.HEADLINES,
    **proc.HEADLINES,
    **regions.HEADLINES,
    **sources.HEADLINES,
    **threads.HEADLINES,
}


def headline_words(code: str, values: Mapping[str, object]) -> str:
    """Say a headline in the reader's language."""
    message = HEADLINES[code]
    if isinstance(message, str):
        return say(message, **values)
    rest = {name: value for name, value in values.items() if name != "n"}
    n = values["n"]
    assert isinstance(n, int)
    return say_n(n, *message, **rest)


def title_words(code: str) -> str:
    """Say the title of a chapter in the reader's language."""
    return say(titles.TITLES[code])
