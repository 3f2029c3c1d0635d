"""Replaying a log: what the model makes of each of its lines, as a recording."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from vmlab.errors import UsageError
from vmlab.host.replay_files import FilesTold
from vmlab.host.replay_machine import ReplayFiles, machine_for
from vmlab.host.replay_order import in_order
from vmlab.host.replay_processes import ProcessPlayer
from vmlab.host.replay_run import Run
from vmlab.host.replay_spaces import lives_of
from vmlab.host.replay_steps import DIFFERS, NOT_REPLAYED, PLACED, SAME, Step
from vmlab.host.strace_log import StraceLog, read_strace
from vmlab.record.recorder import Recorder
from vmlab.state.machine import Machine
from vmlab.words.language import say, say_n


class Replay:
    """A log that was replayed.

    Attributes:
        log: what was read.
        recorder: the recording of what the model did; it listens on, so that an
            `Explorer(replay.machine)` shows it.
        steps: what became of each call of the log, in the order in which they took effect.
    """

    def __init__(self, log: StraceLog, recorder: Recorder, steps: Sequence[Step]) -> None:
        self.log = log
        self.recorder = recorder
        self.steps = tuple(steps)

    @property
    def machine(self) -> Machine:
        """Return the machine in the state at the end."""
        return self.recorder.machine

    @property
    def replayed(self) -> tuple[Step, ...]:
        """Return the steps of which the model made something."""
        return tuple(step for step in self.steps if step.status != NOT_REPLAYED)

    @property
    def differences(self) -> tuple[Step, ...]:
        """Return the steps to which the model has another answer than the log."""
        return tuple(step for step in self.steps if step.status == DIFFERS)

    def counts(self) -> Mapping[str, int]:
        """Return how many steps have each status."""
        return Counter(step.status for step in self.steps)

    def part(self, first: int, last: int) -> Recorder:
        """Return the recording of some lines of the log.

        Args:
            first: number of the first line, from 1.
            last: number of the last one.
        """
        calls = self.recorder.calls
        lines = [call.logged.line if call.logged is not None else 0 for call in calls]
        wanted = [number for number, line in enumerate(lines) if first <= line <= last]
        return self.recorder.part(wanted[0], wanted[-1] + 1) if wanted else self.recorder.part(0, 0)

    def summary(self) -> str:
        """Say in a few lines what became of the log."""
        count = self.counts()
        lines = [
            say_n(
                len(self.replayed),
                "{n} call was replayed: {same} with the same answer, {placed} at the address of "
                "the log, {differing} with another answer.",
                "{n} calls were replayed: {same} with the same answer, {placed} at the address of "
                "the log, {differing} with another answer.",
                same=count[SAME],
                placed=count[PLACED],
                differing=count[DIFFERS],
            ),
            *(self._left_out() if count[NOT_REPLAYED] else ()),
            *(
                say(
                    "Line {line}: {name}: the log says {log}, the model {model}: {why}.",
                    line=step.line,
                    name=step.name,
                    log=step.log,
                    model=step.model or "-",
                    why=step.why or "-",
                )
                for step in self.differences
            ),
            *(
                say("Line {line} was not read: {why}.", line=each.line, why=each.why)
                for each in self.log.unread
            ),
        ]
        return "\n".join(lines)

    def _left_out(self) -> list[str]:
        reasons = Counter(step.why for step in self.steps if step.status == NOT_REPLAYED)
        return [
            say_n(
                n,
                "{n} call was not replayed: {why}.",
                "{n} calls were not replayed: {why}.",
                why=reason,
            )
            for reason, n in reasons.most_common()
        ]

    def __repr__(self) -> str:
        count = self.counts()
        return say(
            "<Replay: {same} the same, {placed} placed, {differing} different, {left_out} not "
            "replayed>",
            same=count[SAME],
            placed=count[PLACED],
            differing=count[DIFFERS],
            left_out=count[NOT_REPLAYED],
        )


def replay(
    log: StraceLog | Run | str | Mapping[str, str],
    *,
    imports: str | os.PathLike[str] | None = None,
) -> Replay:
    """Do the calls of a log again on the model, at the addresses of the log.

    The machine is a new one. Of files it knows the sizes that the log tells, of programs what the
    addresses tell; contents are zeros. What has no effect on memory is not replayed, and said so.

    Args:
        log: what `read_strace` returned, or its text; or what `vmlab record` saved.
        imports: a folder in which the files of the log lie under their paths, as below '/': their
            contents are imported. None = no file of this computer is opened.

    Raises:
        UsageError: there is no such folder.

    >>> text = "17 execve(\\"/bin/true\\", [\\"true\\"], 0x7ffd /* 0 vars */) = 0\\n"
    >>> replay(text + "17 brk(NULL) = 0x55555555e000\\n")
    <Replay: 2 the same, 0 placed, 0 different, 0 not replayed>
    """
    known = log.files if isinstance(log, Run) else {}
    text = log.log if isinstance(log, Run) else log
    read = text if isinstance(text, StraceLog) else read_strace(text)
    folder = None
    if imports is not None:
        folder = Path(imports)
        if not folder.is_dir():
            raise UsageError(say("there is no folder {path}", path=str(folder)))
    entries = in_order(read.entries)
    machine = machine_for(entries)
    files = ReplayFiles(machine, entries, FilesTold(entries), known, folder)
    lives = lives_of(entries)
    execs = files.programs(lives)
    recorder = Recorder(machine)
    player = ProcessPlayer(machine, recorder, files, entries, lives, execs)
    steps = [step for number in range(len(entries)) if (step := player.play(number))]
    return Replay(read, recorder, steps)
