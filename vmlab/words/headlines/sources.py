"""What is said of the lines of a program's sources."""

from __future__ import annotations

from vmlab.words.language import N_, Nn_, say

HEADLINES: dict[str, str | tuple[str, str]] = {
    "runs_on_in_line": N_("The program runs on in this line."),
    "runs_to_line": N_("The program runs on to line {number}."),
    "runs_to_source": N_("The program runs on to {place}."),
    "leaves_sources": N_("The program leaves its own sources."),
    "more_faults_at_once": Nn_("And {n} more page fault.", "And {n} more page faults."),
    "more_calls_at_once": Nn_("And {n} more system call.", "And {n} more system calls."),
    "faults_of_others": Nn_(
        "Meanwhile other processes took {n} page fault.",
        "Meanwhile other processes took {n} page faults.",
    ),
    "calls_of_others": Nn_(
        "Meanwhile other processes made {n} system call.",
        "Meanwhile other processes made {n} system calls.",
    ),
    "pages_looked_up": Nn_(
        "The CPU looks up the translation of {n} page.",
        "The CPU looks up the translations of {n} pages.",
    ),
    "bytes_touched": Nn_(
        "It loads and stores {n} byte.",
        "It loads and stores {n} bytes.",
    ),
    "bytes_touched_at_least": Nn_(
        "It loads and stores at least {n} byte.",
        "It loads and stores at least {n} bytes.",
    ),
}
AT_LINE = N_("{line}: {sentence}")
AT_TEXT = N_("{line} `{text}`: {sentence}")
AT_VARIABLE = N_("{line}, at `{variable}`: {sentence}")
AT_TEXT_AND_VARIABLE = N_("{line} `{text}`, at `{variable}`: {sentence}")
_AT = {
    (False, False): AT_LINE,
    (True, False): AT_TEXT,
    (False, True): AT_VARIABLE,
    (True, True): AT_TEXT_AND_VARIABLE,
}


def at_line(line: str, text: str, variable: str, sentence: str) -> str:
    """Say of which line a headline is.

    Args:
        line: its file and number.
        text: what stands there; '' = unknown.
        variable: what C would write for the memory that it touches; '' = unknown.
        sentence: the headline.
    """
    message = _AT[bool(text), bool(variable)]
    return say(message, line=line, text=text, variable=variable, sentence=sentence)
