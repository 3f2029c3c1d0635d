"""personality: which older ways a program asks for."""

from __future__ import annotations

from vmlab.model.abi.personality import PER_QUERY
from vmlab.model.linux.include.structs import TaskStruct
from vmlab.model.trace.events import process as process_events
from vmlab.model.trace.hook import emit


def set_personality(task: TaskStruct, personality: int) -> int:
    """Change what a task asks for; return what it asked for before.

    Args:
        task: the caller.
        personality: bits of personality(2); PER_QUERY changes nothing.

    Emits: personality_set.
    Source: kernel/exec_domain.c: SYSCALL_DEFINE1(personality) [v5.4].
    """
    old = task.personality
    if personality != PER_QUERY:
        task.personality = personality
        emit(task, process_events.PersonalitySet, task.pid, personality)
    return old
