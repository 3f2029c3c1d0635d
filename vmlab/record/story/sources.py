"""The line of a program's source that a headline is about, and how far a run came."""

from __future__ import annotations

from dataclasses import replace

from vmlab.model.machine_code import TOUCH
from vmlab.model.trace.events.cpu import TlbFill
from vmlab.record.site import Site, line_text, shortened, source_text
from vmlab.record.story.facts import Facts
from vmlab.record.story.headline import At, Headline, headline
from vmlab.state.places import Place


def at_line(facts: Facts, told: Headline) -> Headline:
    """Return a headline as one about the line that made the call, if one is known to have."""
    site = facts.call.site
    if site is None or site.line is None:
        return told
    text = line_text(source_text(facts.before, site.path), site.line.number)
    variable = ""
    if facts.call.name == TOUCH and site.variables and not _names_variable(told):
        variable = shortened(site.variables[0][1])
    return replace(told, at=At(str(site.line), text, variable))


def _names_variable(told: Headline) -> bool:
    return any(isinstance(value, Place) and value.variable for _, value in told.values)


def run_of_lines(facts: Facts, site: Site) -> Headline | None:
    """Return how far a program ran; None if it was in none of its own sources."""
    fills = len(facts.of(TlbFill))
    looked_up = headline("pages_looked_up", n=fills) if fills else None
    begin, end = site.line, site.end
    if end is None:
        return headline("leaves_sources", looked_up) if begin is not None else None
    if begin is not None and begin.file == end.file:
        if begin == end:
            return headline("runs_on_in_line", looked_up)
        return headline("runs_to_line", looked_up, number=end.number)
    return headline("runs_to_source", looked_up, place=str(end))
