"""The real machine at hand: its processes as its kernel shows them, and logs of what they do.

`reading` takes a text apart, `proc` and `pagemap` read /proc, `saved` reads and writes files of
saved processes. `observed` makes a `Snapshot` of what was read. `pictures` and `page` draw it, and
`watching` draws a living process once a second.

`strace_tokens` and `strace_lines` read a line of a log, `strace_log` all of a log and several that
belong together, `perf_lines` those of perf. `replaying` does a log again on the model; `replay_*`
are what it needs for that: which descriptors lead to memory, how large files are, where programs
lay. `record` records a program of this machine, by strace or, where there is none, by `follow`,
which writes the lines of `call_text`.

`comparing` makes the calls of a script on the model and for real. `real_calls` says what may be
done for real, `traced` is ptrace(2), `victims` a process that it drives, `beside` lets that follow
a recording, `compared` is what came out.

`__init__.pyi` lists the public names with their types.
"""

from importlib import import_module as _import_module

# Each is loaded when it is first asked for: who draws a process needs nothing that replays logs.
_LATER = {
    "Comparison": "vmlab.host.compared",
    "EXAMPLES": "vmlab.host.saved",
    "Reading": "vmlab.host.reading",
    "Replay": "vmlab.host.replaying",
    "Row": "vmlab.host.compared",
    "Run": "vmlab.host.replay_run",
    "Step": "vmlab.host.replay_steps",
    "StraceLog": "vmlab.host.strace_log",
    "Told": "vmlab.host.compared",
    "Unread": "vmlab.host.reading",
    "compare": "vmlab.host.comparing",
    "draw": "vmlab.host.pictures",
    "load": "vmlab.host.saved",
    "read": "vmlab.host.saved",
    "read_strace": "vmlab.host.strace_log",
    "replay": "vmlab.host.replaying",
    "save": "vmlab.host.saved",
    "snapshot": "vmlab.host.observed",
    "watch": "vmlab.host.watching",
}

__all__ = [*_LATER]


def __getattr__(name: str) -> object:
    """Return what is loaded late."""
    if name not in _LATER:
        raise AttributeError(f"module 'vmlab.host' has no attribute {name!r}")
    found = globals()[name] = getattr(_import_module(_LATER[name]), name)
    return found


def __dir__() -> list[str]:
    """Return the public names."""
    return [*__all__, "__doc__"]
