"""Every sentence that is said of an event: a table for each family of events.

`SENTENCES` has, for each class, its sentences by form, and the function that chooses one.
"""

from __future__ import annotations

from vmlab.model.trace.event import Event
from vmlab.words.sentences import (
    cpu,
    fault,
    file,
    futex,
    msg,
    page,
    poll,
    process,
    sem,
    shm,
    signal,
    swap,
    timer,
    vma,
)
from vmlab.words.sentences.form import Sentences

SENTENCES: dict[type[Event], Sentences] = {
    **cpu.SENTENCES,
    **fault.SENTENCES,
    **file.SENTENCES,
    **futex.SENTENCES,
    **msg.SENTENCES,
    **page.SENTENCES,
    **poll.SENTENCES,
    **process.SENTENCES,
    **sem.SENTENCES,
    **shm.SENTENCES,
    **signal.SENTENCES,
    **swap.SENTENCES,
    **timer.SENTENCES,
    **vma.SENTENCES,
}


def sentence(event: Event) -> str:
    """Say what happened, and why, in one plain sentence in the reader's language."""
    return SENTENCES[type(event)].tell(event)
