"""Recording files: the state at the beginning, the calls, and what each step was.

Loading does every call again and compares each step with what the file says of it.
"""

from __future__ import annotations

from typing import Any

from vmlab.codes import Reason, because
from vmlab.errors import KernelBug, RecordingError, StateError
from vmlab.model.trace.event import Event
from vmlab.record.history import CallPathEntry, History
from vmlab.record.recording import KEEP_EVERY
from vmlab.record.recording_migrations import MIGRATIONS, CompletingReplica
from vmlab.record.replay import RecordedCall, Replica, is_known
from vmlab.state import files as state_file
from vmlab.state.check import check
from vmlab.state.codec import (
    MAX_FRAMES,
    decode,
    encode,
    field_types,
    from_runs,
    items,
    members,
    runs,
)
from vmlab.state.snapshot import Snapshot

RECORDING = "vmlab-recording"
_LOW = -(1 << 64)  # arguments may be negative, and so may what an event does not know
_LONGEST = 1 << 26  # bytes of one argument
_ALL = MAX_FRAMES << 12  # bytes of all arguments


def to_json(history: History) -> str:
    """Return a recording as the text of a file.

    Raises:
        RecordingError: it has steps that belong to no call, which cannot be done again, or what
            was written is too much for a file.
        StateError: a state in it is too large for a file.
    """
    _check_sizes(history)
    functions: dict[CallPathEntry, int] = {}
    paths: dict[tuple[int, ...], int] = {}
    steps = []
    for event, entries in zip(history.events, history.paths, strict=True):
        path = tuple(functions.setdefault(entry, len(functions)) for entry in entries)
        place = paths.setdefault(path, len(paths))
        values = {name: encode(value, name) for name, value in event.values().items()}
        steps.append({"event": event.name, "path": place, "values": values})
    calls = []
    for number, call in enumerate(history.calls):
        if not is_known(call):
            raise RecordingError("step_of_no_call", step=call.first)
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
    return state_file.write(RECORDING, body, MIGRATIONS)


def _check_sizes(history: History) -> None:
    # What would be refused when it is loaded is not saved.
    given = 0
    for number, call in enumerate(history.calls):
        sizes = [len(arg) for arg in call.args if isinstance(arg, bytes)]
        given += sum(sizes)
        if max(sizes, default=0) > _LONGEST:
            raise RecordingError("call_gives_too_much", call=number, most=_LONGEST)
        if given > _ALL:
            raise RecordingError("all_args_too_long", most=_ALL)


def from_json(text: str) -> tuple[History, Snapshot]:
    """Return the recording that a file holds, and the state at its end.

    Raises:
        StateError: the message names the field that is wrong, or the step that does not happen.
    """
    names = {"start", "functions", "paths", "calls", "steps"}
    body, version = state_file.read(RECORDING, text, names, MIGRATIONS)
    start: Snapshot = decode(Snapshot, body["start"], "start")
    check(start)
    history = History(start)
    functions = [
        decode(CallPathEntry, data, f"functions[{i}]")
        for i, data in enumerate(items(body["functions"], "functions"))
    ]
    paths = []
    for number, data in enumerate(items(body["paths"], "paths")):
        field = f"paths[{number}]"
        places = decode(tuple[int, ...], members(data, field, {"path"})["path"], f"{field}.path")
        if not all(place < len(functions) for place in places):
            raise StateError.at_field(f"{field}.path", "no_such_function")
        paths.append(tuple(functions[place] for place in places))
    _steps(history, items(body["steps"], "steps"), paths)
    _calls(history, items(body["calls"], "calls"))
    current = version == len(MIGRATIONS) + 1
    replica = (Replica if current else CompletingReplica)(history.start, history.events)
    return history, _replay(history, replica)


def _steps(history: History, steps: list[Any], paths: list[tuple[CallPathEntry, ...]]) -> None:
    kinds: dict[str, Any] = {kind.name: kind for kind in Event.__subclasses__()}
    for number, data in enumerate(steps):
        field = f"steps[{number}]"
        step = members(data, field, {"event", "path", "values"})
        name = decode(str, step["event"], f"{field}.event")
        place = decode(int, step["path"], f"{field}.path")
        if name not in kinds:
            raise StateError.at_field(f"{field}.event", "no_such_event", name=name[:40])
        if place >= len(paths):
            raise StateError.at_field(f"{field}.path", "no_such_call_path", place=place)
        values = members(step["values"], f"{field}.values", set(field_types(kinds[name])))
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
            raise StateError.at_field(f"{field}.call", "no_such_call", name=call.name[:40])
        given += sum(len(arg) for arg in call.args if isinstance(arg, bytes))
        if given > _ALL:
            raise StateError.at_field(f"{field}.args", "all_args_too_long", most=_ALL)
        history.calls.append(call)
        first += decode(int, wanted["steps"], f"{field}.steps")
    if first != len(history.events):
        raise StateError.at_field("steps", "nr_steps_wrong", n=len(history.events), of_calls=first)


def _replay(history: History, replica: Replica) -> Snapshot:
    kept = 0
    for number, call in enumerate(history.calls):
        if call.first - kept >= KEEP_EVERY:
            history.kept[number] = replica.state()
            kept = call.first
        try:
            replica.run(call, history.end_of(number))
        except KernelBug as bug:
            raise StateError.at_field(f"calls[{number}]", bug.reason) from None
        except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as failure:
            why = getattr(failure, "reason", None)
            if not isinstance(why, Reason):
                why = because("python_says", text=str(failure))
            raise StateError.at_field(f"calls[{number}]", "cannot_be_done", why=why) from None
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
            raise StateError.at_field(f"{field}.length", "more_bytes_than", most=_LONGEST)
        return from_runs(data["bytes"], f"{field}.bytes", length)
    if "limits" in arg:
        limits = members(arg, field, {"limits"})["limits"]
        return dict(decode(tuple[tuple[int, int], ...], limits, f"{field}.limits"))
    return decode(Snapshot, members(arg, field, {"state"})["state"], f"{field}.state")
