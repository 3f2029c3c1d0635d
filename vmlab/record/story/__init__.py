"""A recording as a story with three levels: a headline for each call, its chapters, its steps.

All of it is computed from the events of the call and the states before and after it. It holds
codes and values; the words stand in `vmlab.words.headlines`.
"""

from __future__ import annotations

from dataclasses import dataclass

from vmlab.errors import HistoryError
from vmlab.model import arguments
from vmlab.record.history import History, Steps
from vmlab.record.replay import RecordedCall
from vmlab.record.story.chapters import Chapter, chapters
from vmlab.record.story.facts import Facts
from vmlab.record.story.headline import Headline
from vmlab.record.story.outcome import outcome

__all__ = ["Chapter", "Headline", "Story", "stories", "story"]


@dataclass(frozen=True, slots=True)
class Story:
    """What one call or access came to, in three levels."""

    number: int  # of the call in its recording
    call: RecordedCall
    headline: Headline
    chapters: tuple[Chapter, ...]  # at most seven; together they are all steps
    steps: Steps


def story(history: History, number: int) -> Story:
    """Return the story of a call.

    Args:
        history: what was recorded.
        number: of the call in it.

    Raises:
        HistoryError: there is no such call; it is an IndexError.
        KernelBug: the machine was changed by hand, and a state cannot be found again.
    """
    arguments.number(number, "call")
    if not 0 <= number < len(history.calls):
        raise HistoryError("no_call_of_number", call=number, nr_calls=len(history.calls))
    call = history.calls[number]
    steps = history.steps_of(number)
    after = history.before(number + 1)
    facts = Facts(call, steps, history.before(number), after)
    return Story(number, call, outcome(facts), chapters(call.name, steps), steps)


def stories(history: History) -> tuple[Story, ...]:
    """Return the story of each call."""
    # The way to a state leads past those before it, which are remembered: the last one first.
    told = [story(history, number) for number in reversed(range(len(history.calls)))]
    return tuple(reversed(told))
