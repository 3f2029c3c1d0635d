"""What is said of the lines of a log that is replayed."""

from __future__ import annotations

from vmlab.words.language import N_

HEADLINES: dict[str, str | tuple[str, str]] = {
    "log_says_so": N_("Line {line} of the log says the same."),
    "log_differs": N_("Line {line} of the log says something else: {answer}."),
    "log_places_it": N_("Line {line} of the log has it there; by itself it would be at {own}."),
    "log_needs_it": N_("The log does not tell of this: it is done so that line {line} can follow."),
}
