"""The real machine at hand: logs of its processes, read and replayed on the model.

`strace_tokens.py` and `strace_lines.py` read a line, `strace_log.py` all of a log and several that
belong together, `perf_lines.py` those of perf. `replay.py` does a log again; `replay_*.py` are what
it needs for that: which descriptors lead to memory, how large files are, where programs lay.
`record.py` records a program of this machine.
"""

from vmlab.host.replay import Replay, replay
from vmlab.host.replay_run import Run
from vmlab.host.replay_steps import Step
from vmlab.host.strace_log import StraceLog, read_strace

__all__ = ["Replay", "Run", "Step", "StraceLog", "read_strace", "replay"]
