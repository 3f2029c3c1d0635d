"""The headlines of calls that only ask."""

from __future__ import annotations

from vmlab.model.abi.calls import ACTIONS
from vmlab.model.abi.kinds import Kind
from vmlab.record.story.facts import Facts
from vmlab.record.story.headline import Headline, headline

_PLACES = (Kind.BUFFER, Kind.VECTOR)


def answers(facts: Facts) -> Headline:
    """Return what was answered."""
    return headline("call_answers", call=facts.call.name, result=facts.result)


def stores(facts: Facts) -> Headline:
    """Return where the answer stands."""
    row = ACTIONS[facts.call.name]
    places = [facts.arg(each.name) for each in row.parameters if each.kind in _PLACES]
    addr = next(filter(None, places), 0)
    if not addr:
        return headline("call_stores_nowhere", call=facts.call.name)
    return headline("call_stores", facts.brought_in(), call=facts.call.name, page=facts.page(addr))
