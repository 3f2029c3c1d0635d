"""How a failure is told: what a signal, a line or a field adds to the reason."""

from vmlab.words.language import N_

REASONS = {
    "errno_unnamed": N_("an error number without a name"),
    "answer": N_("-{name} ({meaning})"),
    "answer_and_why": N_("-{name} ({meaning}): {why}"),
    "signal_at": N_("{code} at {addr:#x}: {why}"),
    "killed_by": N_("killed by {signal}: {why}"),
    "at_field": N_("{field}: {why}"),
    "at_line": N_("line {line}: {why}"),
}
