"""The real machine at hand: its processes as its kernel shows them, and logs of what they do.

`reading` takes a text apart, `proc` and `pagemap` read /proc, `saved` reads and writes files of
saved processes. `observed` makes a `Snapshot` of what was read. `pictures` and `page` draw it, and
`watching` draws a living process once a second.

`strace_tokens` and `strace_lines` read a line of a log, `strace_log` all of a log and several that
belong together, `perf_lines` those of perf. `replay` does a log again on the model; `replay_*` are
what it needs for that: which descriptors lead to memory, how large files are, where programs lay.
`record` records a program of this machine, by strace or, where there is none, by `follow`, which
writes the lines of `call_text`.

`compare` makes calls of a script on the model and for real. `real_calls` says what may be done for
real, `traced` is ptrace(2), `victims` a process that it drives, `beside` lets that follow a
recording, `compared` is what came out.
"""

from vmlab.host.compare import compare
from vmlab.host.compared import Comparison, Row, Told
from vmlab.host.observed import snapshot
from vmlab.host.pictures import draw
from vmlab.host.reading import Reading, Unread
from vmlab.host.replay import Replay, replay
from vmlab.host.replay_run import Run
from vmlab.host.replay_steps import Step
from vmlab.host.saved import EXAMPLES, load, read, save
from vmlab.host.strace_log import StraceLog, read_strace
from vmlab.host.watching import watch

__all__ = [
    "EXAMPLES",
    "Comparison",
    "Reading",
    "Replay",
    "Row",
    "Run",
    "Step",
    "StraceLog",
    "Told",
    "Unread",
    "compare",
    "draw",
    "load",
    "read",
    "read_strace",
    "replay",
    "save",
    "snapshot",
    "watch",
]
