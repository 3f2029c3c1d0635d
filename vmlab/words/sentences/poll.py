"""What is said of files that are watched."""

from __future__ import annotations

from vmlab.model.trace.event import Event
from vmlab.model.trace.events import poll as events
from vmlab.words.language import N_
from vmlab.words.sentences.form import Sentences, one

SENTENCES: dict[type[Event], Sentences] = {
    events.EpReady: one(N_("The epoll {ino} lists descriptor {fd} as one that may be ready.")),
}
