"""What may be done with a recording: going through it, undoing, other histories, files."""

from __future__ import annotations

import copy
import pickle
import random

from tests.soak.life import Life
from tests.soak.operations import operation
from vmlab import Recorder
from vmlab.errors import HistoryError
from vmlab.record.history import History
from vmlab.record.replay import BY_HAND


def _recorder(life: Life) -> Recorder:
    found = life.recorder
    if found is None:  # it was closed
        found = Recorder(life.machine)
        life.recorders.append(found)
    return found


@operation(3, "recorder")
def go(life: Life, chance: random.Random) -> None:
    """Go to a step, or one on or back."""
    recorder = _recorder(life)
    ways = (recorder.forward, recorder.back, recorder.next_call, recorder.previous_call)
    if chance.random() < 0.5:
        chance.choice(ways)()
    else:
        recorder.goto(chance.randrange(-1, len(recorder)))
    position = recorder.position
    recorder.marks(position)
    recorder.highlight(position)
    assert recorder.state == recorder.snapshot(position)


@operation(2, "recorder")
def undo(life: Life, chance: random.Random) -> None:
    """Take the last thing back."""
    recorder = _recorder(life)
    if recorder.can_undo:
        _same_again(recorder.undo(chance.choice((1, 1, 1, 2, 5))))


@operation(1.5, "recorder")
def redo(life: Life, chance: random.Random) -> None:
    """Bring back what was undone."""
    recorder = _recorder(life)
    if recorder.undone is not None:
        _same_again(recorder.redo())
    else:
        try:
            recorder.redo()
        except HistoryError:
            return
        raise AssertionError("nothing was undone")


@operation(0.7, "recorder")
def branch(life: Life, chance: random.Random) -> None:
    """Go back and go on from there."""
    recorder = _recorder(life)
    life.recorders = [*life.recorders, recorder][-3:]
    _same_again(recorder.branch(chance.randrange(-1, len(recorder))))


@operation(0.7, "recorder")
def resume(life: Life, chance: random.Random) -> None:
    """Go back to a recording that was left."""
    recorder = chance.choice(life.recorders)
    if recorder.machine is life.machine:
        recorder.resume()
        _same_again(recorder)


@operation(0.3, "recorder")
def switch(life: Life, chance: random.Random) -> None:
    """Go on with the history of another recording."""
    _same_again(_recorder(life).switch(chance.choice(life.recorders).steps))


@operation(0.5, "recorder")
def pause(life: Life, chance: random.Random) -> None:
    """Do something that is not recorded, and record on."""
    recorder = _recorder(life)
    recorder.close()
    with life.answers("fs.write"):  # which overcommit_memory may refuse
        life.machine.fs.write("/f", b"by hand")
    recorder.listen()
    _same_again(recorder)


@operation(0.2, "recorder")
def write(life: Life, chance: random.Random) -> None:
    """Write the recording to a file, and read it again."""
    recorder = _recorder(life)
    if any(each.name == BY_HAND for each in recorder.calls):
        return
    text = recorder.to_json()
    again = Recorder.from_json(text)
    assert again.machine.snapshot() == life.machine.snapshot(), "the file ends elsewhere"
    assert again.transcript() == recorder.transcript()
    assert again.to_json() == text
    life.files = [*life.files, text][-3:]


@operation(0.3, "recorder")
def read(life: Life, chance: random.Random) -> None:
    """Go on where a file ends."""
    if life.files:
        _same_again(_recorder(life).load(chance.choice(life.files)))


@operation(0.2, "recorder")
def copy_recorder(life: Life, chance: random.Random) -> None:
    """Go on with a copy of the recorder and its machine."""
    recorder = _recorder(life)
    copied: Recorder = (
        pickle.loads(pickle.dumps(recorder)) if chance.random() < 0.5 else copy.deepcopy(recorder)
    )
    assert copied.machine.snapshot() == recorder.machine.snapshot()
    life.recorders = [copied]
    life.machine = copied.machine
    _same_again(copied)


@operation(0.3, "recorder")
def tell(life: Life, chance: random.Random) -> None:
    """Tell what was recorded."""
    recorder = _recorder(life)
    recorder.transcript(chance.choice(((), ("steps",), ("headline", "chapters"))))
    if recorder.calls:
        str(recorder.story(chance.randrange(len(recorder.calls))).headline)
    a, b = (chance.randrange(-1, len(recorder)) for _ in range(2))
    recorder.diff(a, b)
    if len(recorder):
        step = recorder.steps[chance.randrange(len(recorder))]
        assert step.sentence
        recorder.call_path(step.number)


@operation(0.3, "recorder")
def find_again(life: Life, chance: random.Random) -> None:
    """Do all calls since the last change by hand once more: the machine is the same then."""
    recorder = _recorder(life)
    history = recorder.steps.until(len(recorder.calls))
    first = max((n + 1 for n, each in enumerate(history.calls) if each.name == BY_HAND), default=0)
    history.kept = {first: history.kept.get(first) or recorder.steps.before(first)}
    assert history.before(len(history.calls)) == life.machine.snapshot(), "found otherwise"
    if len(history):
        number = chance.randrange(len(history))
        if history.call_of(number) >= first:
            assert history.state(number) == recorder.snapshot(number), "a step found otherwise"


def _same_again(recorder: Recorder) -> None:
    # The machine is where its recording ends.
    assert recorder.listening
    history: History = recorder.steps
    assert history.before(len(history.calls)) == recorder.machine.snapshot(), "not where it ends"
