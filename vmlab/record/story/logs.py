"""What is said of the line of a log because of which a call was done again."""

from __future__ import annotations

from vmlab.record.site import shortened
from vmlab.record.story.facts import Facts
from vmlab.record.story.headline import Headline, headline


def log_says(facts: Facts) -> Headline | None:
    """Return what a log says of a call; None if it is of none."""
    logged = facts.call.logged
    if logged is None:
        return None
    answer = shortened(logged.answer)
    if not answer:
        return headline("log_needs_it", line=logged.line)
    if logged.differs:
        return headline("log_differs", line=logged.line, answer=answer)
    if logged.own:
        return headline("log_places_it", line=logged.line, own=f"{logged.own:#x}")
    return headline("log_says_so", line=logged.line)
