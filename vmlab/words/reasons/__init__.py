"""The words for the codes of reasons: a table for each room of the model, code -> English.

A message is a clause without a full stop, for a sentence ends with it: "...: the length is 0."
The values of the reason stand in it by name.
"""

from __future__ import annotations

from vmlab.codes import Reason, speak_with
from vmlab.words.language import say
from vmlab.words.reasons import (
    answers,
    arch,
    calls,
    errno,
    failures,
    fs,
    host,
    ipc,
    kernel,
    lib,
    logs,
    mm,
    mmu,
    model,
    programs,
    record,
    state,
    threads,
    watch,
)

REASONS: dict[str, str] = {
    **failures.REASONS,
    **errno.REASONS,
    **mmu.REASONS,
    **lib.REASONS,
    **mm.REASONS,
    **arch.REASONS,
    **fs.REASONS,
    **ipc.REASONS,
    **kernel.REASONS,
    **threads.REASONS,
    **model.REASONS,
    **state.REASONS,
    **host.REASONS,
    **record.REASONS,
    **programs.REASONS,
    **calls.REASONS,
    **answers.REASONS,
    **logs.REASONS,
    **watch.REASONS,
}


def words(reason: Reason) -> str:
    """Return the words for a reason, in the reader's language; '' for none.

    A code that nobody knows is its own words.
    """
    message = REASONS.get(reason.code)
    return reason.plain if message is None else say(message, **dict(reason.values))


speak_with(words)
