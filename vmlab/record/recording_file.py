"""Recording files: the state at the beginning, the calls, and what each step was.

Loading does every call again and compares each step with what the file says of it.
"""

from __future__ import annotations

from typing import Any

from vmlab.codes import Reason, because
from vmlab.errors import KernelBug, RecordingError, StateError
from vmlab.model.trace.event import Event
from vmlab.record.history import CallPathEntry, History
from vmlab.record.logged import Logged
from vmlab.record.recording import KEEP_EVERY
from vmlab.record.recording_migrations import MIGRATIONS, CompletingReplica
from vmlab.record.replay import RecordedCall, Replica, is_known
from vmlab.record.site import Site
from vmlab.state import files as state_file
from vmlab.state.capture import share
from vmlab.state.check import check
from vmlab.state.codec import (
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
# Bytes of all arguments together: what is used of them makes a step a page, and a call that fails
# uses little. So a short file cannot ask for much memory.
_UNUSED = 1 << 26
_OF_STEP = 1 << 12
_BYTES = {"length", "bytes"}  # members of an argument of bytes
_AT_TIMES = {"cut", "registers", "site", "logged"}  # members that not every call has


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
        row = {"pid": call.pid, "call": call.name, "args": args, "steps": count}
        if call.cut:
            row["cut"] = call.cut
        if call.registers:
            row["registers"] = list(call.registers)
        if call.site is not None:
            row["site"] = encode(call.site)
        if call.logged is not None:
            row["logged"] = encode(call.logged)
        calls.append(row)
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
    most = _most_bytes(len(history))
    if sum(len(arg) for c in history.calls for arg in c.args if isinstance(arg, bytes)) > most:
        raise RecordingError("all_args_too_long", most=most)


def from_json(text: str) -> tuple[History, Snapshot]:
    """Return the recording that a file holds, and the state at its end.

    Raises:
        StateError: the message names the field that is wrong, or the step that does not happen.
    """
    names = {"start", "functions", "paths", "calls", "steps"}
    body, version = state_file.read(RECORDING, text, names, MIGRATIONS)
    start = state_file.read_snapshot(body["start"], "start")
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


def _most_bytes(nr_steps: int) -> int:
    # What the arguments of a recording may have.
    return _UNUSED + nr_steps * _OF_STEP


def _calls(history: History, calls: list[Any]) -> None:
    first = given = 0
    most = _most_bytes(len(history))
    state = history.start
    for number, data in enumerate(calls):
        field = f"calls[{number}]"
        more = _AT_TIMES & data.keys() if isinstance(data, dict) else set()
        wanted = members(data, field, {"pid", "call", "args", "steps"} | more)
        args = items(wanted["args"], f"{field}.args")
        given += sum(_length(arg, f"{field}.args[{i}]") for i, arg in enumerate(args))
        if given > most:
            raise StateError.at_field(f"{field}.args", "all_args_too_long", most=most)
        decoded = [_decode_arg(arg, f"{field}.args[{i}]") for i, arg in enumerate(args)]
        for i, arg in enumerate(decoded):
            if isinstance(arg, Snapshot):  # mostly as the one before: what is equal is kept once
                decoded[i] = state = share(arg, state)
        call = RecordedCall(
            decode(int, wanted["pid"], f"{field}.pid"),
            decode(str, wanted["call"], f"{field}.call"),
            tuple(decoded),
            first,
            decode(int, wanted.get("cut", 0), f"{field}.cut"),
            decode(tuple[int, ...], wanted.get("registers", []), f"{field}.registers"),
            decode(Site | None, wanted.get("site"), f"{field}.site"),
            decode(Logged | None, wanted.get("logged"), f"{field}.logged"),
        )
        if not is_known(call):
            raise StateError.at_field(f"{field}.call", "no_such_call", name=call.name[:40])
        history.calls.append(call)
        first += decode(int, wanted["steps"], f"{field}.steps")
    if first != len(history.events):
        raise StateError.at_field("steps", "nr_steps_wrong", n=len(history.events), of_calls=first)


def _replay(history: History, replica: Replica) -> Snapshot:
    kept = 0
    for number, call in enumerate(history.calls):
        if call.first + number - kept >= KEEP_EVERY:
            history.keep(number, replica.state())
            kept = call.first + number
        try:
            replica.run(call, history.end_of(number))
        except KernelBug as bug:
            raise StateError.at_field(f"calls[{number}]", bug.reason) from None
        except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as failure:
            why = getattr(failure, "reason", None)
            if not isinstance(why, Reason):
                why = because("python_says", text=str(failure))
            raise StateError.at_field(f"calls[{number}]", "cannot_be_done", why=why) from None
    end = replica.state()
    history.keep(len(history.calls), end)
    return end


def _encode_arg(arg: Any) -> Any:
    if isinstance(arg, bytes):
        return {"length": len(arg), "bytes": runs(arg)}
    if isinstance(arg, tuple):
        if arg and isinstance(arg[0], tuple):  # what machine code stored
            return {"stores": [[f"{addr:#x}", data.hex()] for addr, data in arg]}
        return {"numbers": list(arg)}
    if isinstance(arg, dict):
        return {"limits": [[int(resource), limit] for resource, limit in arg.items()]}
    if isinstance(arg, Snapshot):
        return {"state": encode(arg)}
    if isinstance(arg, list):
        return [str(item) for item in arg]
    return int(arg) if isinstance(arg, int) and not isinstance(arg, bool) else arg


def _length(arg: Any, field: str) -> int:
    # How many bytes an argument will have, before there is any.
    if not isinstance(arg, dict) or "bytes" not in arg:
        return 0
    length: int = decode(int, members(arg, field, _BYTES)["length"], f"{field}.length")
    return length


def _store(data: Any, field: str) -> tuple[int, bytes]:
    addr, text = decode(tuple[int, str], data, field)
    try:
        return addr, bytes.fromhex(text)
    except ValueError:
        raise StateError.at_field(field, "not_hexadecimal") from None


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
        return from_runs(arg["bytes"], f"{field}.bytes", _length(arg, field))
    if "numbers" in arg:
        numbers = members(arg, field, {"numbers"})["numbers"]
        return decode(tuple[int, ...], numbers, f"{field}.numbers", _LOW)
    if "stores" in arg:
        stores = members(arg, field, {"stores"})["stores"]
        return tuple(_store(each, f"{field}.stores[{i}]") for i, each in enumerate(stores))
    if "limits" in arg:
        limits = members(arg, field, {"limits"})["limits"]
        return dict(decode(tuple[tuple[int, int], ...], limits, f"{field}.limits"))
    return state_file.read_snapshot(members(arg, field, {"state"})["state"], f"{field}.state")
