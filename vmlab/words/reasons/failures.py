"""How a failure is told: what a signal, a line or a field adds to the reason."""

from vmlab.words.language import N_

REASONS = {
    "signal_at": N_("{code} at {addr:#x}: {why}"),
    "killed_by": N_("killed by {signal}: {why}"),
    "machine_without_process": N_("there is no process: make one with machine.spawn()"),
    "at_field": N_("{field}: {why}"),
    "at_line": N_("line {line}: {why}"),
}
