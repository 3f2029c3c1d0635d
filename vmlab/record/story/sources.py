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
    """Return how far a program ran, and what that took; None if in none of its own sources."""
    begin, end = site.line, site.end
    fills = len(facts.of(TlbFill))
    more = (_touched(site), headline("pages_looked_up", n=fills) if fills else None)
    if end is None:
        return headline("leaves_sources", *more) if begin is not None else None
    if begin is not None and begin.file == end.file:
        if begin == end:
            return headline("runs_on_in_line", *more)
        return headline("runs_to_line", *more, number=end.number)
    return headline("runs_to_source", *more, place=str(end))


def _touched(site: Site) -> Headline | None:
    n = sum(nr_bytes for _, nr_bytes in site.touched)
    code = "bytes_touched" if site.all_touched else "bytes_touched_at_least"
    return headline(code, n=n) if n else None
