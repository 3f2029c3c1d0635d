"""Recording files: the state at the beginning, the calls, and what each step was.

Loading does every call again and compares each step with what the file says of it.
"""

from __future__ import annotations

from typing import Any

from vmlab.errors import KernelBug, StateError
from vmlab.model.trace.event import Event
from vmlab.record.history import Frame, History
from vmlab.record.replay import RecordedCall, Replica, is_known
from vmlab.state import files as state_file
from vmlab.state.check import check
from vmlab.state.codec import MAX_FRAMES, decode, encode, from_runs, hints, items, members, runs
from vmlab.state.snapshot import Snapshot

RECORDING = "vmlab-recording"
_KEEP_EVERY = 400  # steps
_LOW = -(1 << 64)  # arguments may be negative, and so may what an event does not know
_LONGEST = 1 << 26  # bytes of one argument
_ALL = MAX_FRAMES << 12  # bytes of all arguments
_LOOKED_AT = 1 << 32  # bytes that one mincore may ask about


def to_json(history: History) -> str:
    """Return a recording as the text of a file.

    Raises:
        ValueError: it has steps that belong to no call, which cannot be done again.
    """
    functions: dict[Frame, int] = {}
    paths: dict[tuple[int, ...], int] = {}
    steps = []
    for event, frames in zip(history.events, history.paths, strict=True):
        path = tuple(functions.setdefault(frame, len(functions)) for frame in frames)
        place = paths.setdefault(path, len(paths))
        values = {name: encode(value, name) for name, value in event.values().items()}
        steps.append({"event": event.name, "path": place, "values": values})
    calls = []
    for number, call in enumerate(history.calls):
        if not is_known(call):
            raise ValueError(f"step {call.first} belongs to no call: it cannot be done again")
        count = history.end_of(number) - call.first
        args = [_encode_arg(arg) for arg in call.args]
        calls.append({"pid": call.pid, "call": call.name, "args": args, "steps": count})
    body = {
        "start": encode(history.start),
        "functions": [{"function": f.function, "source": f.source} for f in functions],
        "paths": [{"path": list(path)} for path in paths],
        "calls": calls,
        "steps": steps,
    }
    return state_file.write(RECORDING, body)


def from_json(text: str) -> tuple[History, Snapshot]:
    """Return the recording that a file holds, and the state at its end.

    Raises:
        StateError: the message names the field that is wrong, or the step that does not happen.
    """
    names = {"start", "functions", "paths", "calls", "steps"}
    body = state_file.read(RECORDING, text, names)
    start: Snapshot = decode(Snapshot, body["start"], "start")
    check(start)
    history = History(start)
    functions = [
        decode(Frame, data, f"functions[{i}]")
        for i, data in enumerate(items(body["functions"], "functions"))
    ]
    paths = []
    for number, data in enumerate(items(body["paths"], "paths")):
        field = f"paths[{number}]"
        places = decode(tuple[int, ...], members(data, field, {"path"})["path"], f"{field}.path")
        if not all(place < len(functions) for place in places):
            raise StateError(f"{field}.path: there is no such function")
        paths.append(tuple(functions[place] for place in places))
    _steps(history, items(body["steps"], "steps"), paths)
    _calls(history, items(body["calls"], "calls"))
    return history, _replay(history)


def _steps(history: History, steps: list[Any], paths: list[tuple[Frame, ...]]) -> None:
    kinds: dict[str, Any] = {kind.name: kind for kind in Event.__subclasses__()}
    for number, data in enumerate(steps):
        field = f"steps[{number}]"
        step = members(data, field, {"event", "path", "values"})
        name = decode(str, step["event"], f"{field}.event")
        place = decode(int, step["path"], f"{field}.path")
        if name not in kinds:
            raise StateError(f"{field}.event: no event is named {name[:40]!r}")
        if place >= len(paths):
            raise StateError(f"{field}.path: there is no path {place}")
        values = members(step["values"], f"{field}.values", set(hints(kinds[name])))
        history.events.append(decode(kinds[name], values, f"{field}.values", _LOW))
        history.paths.append(paths[place])


def _calls(history: History, calls: list[Any]) -> None:
    first = given = 0
    for number, data in enumerate(calls):
        field = f"calls[{number}]"
        wanted = members(data, field, {"pid", "call", "args", "steps"})
        args = items(wanted["args"], f"{field}.args")
        call = RecordedCall(
            decode(int, wanted["pid"], f"{field}.pid"),
            decode(str, wanted["call"], f"{field}.call"),
            tuple(_decode_arg(arg, f"{field}.args[{i}]") for i, arg in enumerate(args)),
            first,
        )
        if not is_known(call):
            raise StateError(f"{field}.call: there is no call {call.name[:40]!r}")
        given += sum(len(arg) for arg in call.args if isinstance(arg, bytes))
        if given > _ALL:
            raise StateError(f"{field}.args: all arguments together have more than {_ALL} bytes")
        if call.name == "mincore" and any(
            type(a) is int and a > _LOOKED_AT for a in call.args[1:2]
        ):
            raise StateError(f"{field}.args[1]: more than {_LOOKED_AT} bytes")
        history.calls.append(call)
        first += decode(int, wanted["steps"], f"{field}.steps")
    if first != len(history.events):
        raise StateError(f"steps: there are {len(history.events)}, the calls have {first}")


def _replay(history: History) -> Snapshot:
    replica = Replica(history.start, history.events)
    kept = 0
    for number, call in enumerate(history.calls):
        if call.first - kept >= _KEEP_EVERY:
            history.kept[number] = replica.state()
            kept = call.first
        try:
            replica.run(call, history.end_of(number))
        except KernelBug as bug:
            raise StateError(f"calls[{number}]: {bug}") from None
        except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as failure:
            raise StateError(f"calls[{number}]: cannot be done: {failure}") from None
    end = history.kept[len(history.calls)] = replica.state()
    return end


def _encode_arg(arg: Any) -> Any:
    if isinstance(arg, bytes):
        return {"length": len(arg), "bytes": runs(arg)}
    if isinstance(arg, dict):
        return {"limits": [[int(resource), limit] for resource, limit in arg.items()]}
    if isinstance(arg, Snapshot):
        return {"state": encode(arg)}
    if isinstance(arg, list):
        return [str(item) for item in arg]
    return int(arg) if isinstance(arg, int) and not isinstance(arg, bool) else arg


def _decode_arg(arg: Any, field: str) -> Any:
    if arg is None or isinstance(arg, bool):
        return arg
    if isinstance(arg, int):
        return decode(int, arg, field, _LOW)
    if isinstance(arg, str):
        return decode(str, arg, field)
    if isinstance(arg, list):
        return list(decode(tuple[str, ...], arg, field))
    if "bytes" in arg:
        data = members(arg, field, {"length", "bytes"})
        length = decode(int, data["length"], f"{field}.length")
        if length > _LONGEST:
            raise StateError(f"{field}.length: more than {_LONGEST} bytes")
        return from_runs(data["bytes"], f"{field}.bytes", length)
    if "limits" in arg:
        limits = members(arg, field, {"limits"})["limits"]
        return dict(decode(tuple[tuple[int, int], ...], limits, f"{field}.limits"))
    return decode(Snapshot, members(arg, field, {"state"})["state"], f"{field}.state")
