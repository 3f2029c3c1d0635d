"""What is said of semaphores of System V."""

from __future__ import annotations

from vmlab.model.trace.event import Event
from vmlab.model.trace.events import sem as events
from vmlab.words.language import N_, Nn_
from vmlab.words.sentences.form import Sentences, one

SENTENCES: dict[type[Event], Sentences] = {
    events.SemCreate: one(
        Nn_(
            "Set {semid} of {n} semaphore is made for key {key:#x}.",
            "Set {semid} of {n} semaphores is made for key {key:#x}.",
        ),
        counted="nsems",
    ),
    events.SemvalSet: one(N_("Semaphore {semnum} of set {semid} goes from {old} to {new}.")),
    events.SemWait: one(N_("Task {pid} waits for semaphores of set {semid}.")),
    events.SemWake: one(N_("Task {pid} lets task {waiter} go on, which waited for semaphores.")),
    events.SemUndone: one(N_("Task {pid} ends: what it did to set {semid} is undone.")),
    events.SemPermSet: one(
        N_("Set {semid} belongs to user {uid} and group {gid}, with the rights {mode:04o}.")
    ),
    events.SemDestroy: one(N_("Set {semid} is gone, and its number is free.")),
}
