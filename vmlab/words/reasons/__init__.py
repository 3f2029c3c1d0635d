"""The words for the codes of reasons: a table for each room of the model, code -> English.

A message is a clause without a full stop, for a sentence ends with it: "...: the length is 0."
The values of the reason stand in it by name.
"""

from __future__ import annotations

from vmlab.codes import Reason, speak_with
from vmlab.words.language import say
from vmlab.words.reasons import calls, failures

REASONS: dict[str, str] = {**calls.REASONS, **failures.REASONS}


def words(reason: Reason) -> str:
    """Return the words for a reason, in the reader's language; '' for none."""
    return say(REASONS.get(reason.code, reason.code), **dict(reason.values)) if reason else ""


speak_with(words)
