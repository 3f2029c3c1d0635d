"""State files: the text of a snapshot, and a snapshot of the text.

A file says what it is, its version and a checksum; what is inside is one JSON object per line for
each VMA, frame, task and so on. A file of an older version is migrated, one version at a time; one
of a newer version is refused.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from vmlab.errors import StateError
from vmlab.state.check import check
from vmlab.state.codec import decode, encode, members
from vmlab.state.migrations import (
    as_in_version_2,
    as_in_version_3,
    as_in_version_4,
    as_in_version_5,
    as_in_version_6,
    as_in_version_7,
    as_in_version_8,
)
from vmlab.state.observed import Observed
from vmlab.state.snapshot import Snapshot, text_form

STATE = "vmlab-state"
MAX_TEXT = 1 << 27  # characters
_HEAD = {"format", "version", "sha256"}

Body = dict[str, Any]  # the members of a file, without the head
Migration = Callable[[Body], Body]  # from one version to the next


def _from_version_1(body: Body) -> Body:
    return {"snapshot": as_in_version_2(body["snapshot"])}


def _from_version_2(body: Body) -> Body:
    return {"snapshot": as_in_version_3(body["snapshot"])}


def _from_version_3(body: Body) -> Body:
    return {"snapshot": as_in_version_4(body["snapshot"])}


def _from_version_4(body: Body) -> Body:
    return {"snapshot": as_in_version_5(body["snapshot"])}


def _from_version_5(body: Body) -> Body:
    return {"snapshot": as_in_version_6(body["snapshot"])}


def _from_version_6(body: Body) -> Body:
    return {"snapshot": as_in_version_7(body["snapshot"])}


def _from_version_7(body: Body) -> Body:
    return {"snapshot": as_in_version_8(body["snapshot"])}


# Of state files.
MIGRATIONS: tuple[Migration, ...] = (
    _from_version_1,
    _from_version_2,
    _from_version_3,
    _from_version_4,
    _from_version_5,
    _from_version_6,
    _from_version_7,
)


def to_json(snap: Snapshot) -> str:
    """Return a snapshot as the text of a state file.

    Raises:
        StateError: it is one of real processes.
    """
    if isinstance(snap, Observed):
        raise StateError("observed_not_saved")
    return write(STATE, {"snapshot": encode(snap)}, MIGRATIONS)


def from_json(text: str) -> Snapshot:
    """Return the snapshot that a state file holds.

    Raises:
        StateError: the message names the field that is wrong.
    """
    body = read(STATE, text, {"snapshot"}, MIGRATIONS)[0]
    snap = read_snapshot(body["snapshot"], "snapshot")
    check(snap)
    return snap


def read_snapshot(data: Any, field: str) -> Snapshot:
    """Return the snapshot that a member of a file holds; it is not checked yet.

    Raises:
        StateError: names the field that is wrong.
    """
    # What is said of each frame in use is read first and takes a hundred characters: so a short
    # text cannot ask for much memory. Of a few frames too many, `check` tells which.
    if isinstance(data, dict) and isinstance(data.get("ram"), dict):
        pages = data.get("pages")
        if isinstance(pages, list) and len(data["ram"]) > 2 * len(pages):
            raise StateError.at_field(f"{field}.ram", "more_frames_than_pages", n=len(pages))
    snap: Snapshot = decode(Snapshot, data, field)
    return snap


def write(format_: str, body: Body, migrations: Sequence[Migration]) -> str:
    """Return the text of a file.

    Args:
        format_: what kind of file it is.
        body: its members, as JSON data.
        migrations: those of its format; their number gives the version.

    Raises:
        StateError: it is longer than a file may be.
    """
    head = {"format": format_, "version": len(migrations) + 1, "sha256": _checksum(body)}
    text = _text({**head, **body}, "") + "\n"
    _check_length(text)
    return text


def _check_length(text: str) -> None:
    if len(text) > MAX_TEXT:
        raise StateError("file_too_long", nr_chars=len(text), most=MAX_TEXT)


def read(
    format_: str, text: str, names: set[str], migrations: Sequence[Migration]
) -> tuple[Body, int]:
    """Return the members of a file in the form of this version, and the version it has itself.

    Args:
        format_: what kind of file it must be.
        text: the file.
        names: its members, besides the head.
        migrations: from version 1 to 2, from 2 to 3 and so on, up to the version of this vmlab.

    Raises:
        StateError: it is another kind of file, of a newer version, cut short or altered.
    """
    data = _parse(text)
    if type(data) is not dict or data.get("format") != format_:
        raise StateError.at_field("format", "not_of_format", name=format_)
    version = data.get("version")
    known = len(migrations) + 1
    if type(version) is not int or not 1 <= version <= known:
        raise StateError.at_field(
            "version", "version_unknown", reads=known, given=str(version)[:20]
        )
    members(data, "", _HEAD | names)
    body = {name: data[name] for name in data if name in names}
    try:
        altered = data["sha256"] != _checksum(body)
    except RecursionError:
        raise StateError("file_nested_too_deeply") from None
    if altered:
        raise StateError.at_field("sha256", "file_altered")
    try:
        for migrate in migrations[version - 1 :]:
            body = migrate(body)
    except (AttributeError, LookupError, TypeError, ValueError):
        raise StateError("file_of_older_version_damaged", version=version) from None
    return body, version


def format_of(text: str) -> str:
    """Return what kind of file a text says it is.

    Raises:
        StateError: it is not a file of vmlab.
    """
    data = _parse(text)
    found = data.get("format") if type(data) is dict else None
    if not isinstance(found, str):
        raise StateError.at_field("format", "not_vmlab_file")
    return found


def _parse(text: str) -> Any:
    if not isinstance(text, str):
        raise StateError("file_must_be_text", given=type(text).__name__)
    _check_length(text)
    try:
        return json.loads(
            text, object_pairs_hook=_members, parse_float=_no_number, parse_constant=_no_number
        )
    except json.JSONDecodeError as failure:
        raise StateError.at_line(failure.lineno, "not_json") from None
    except RecursionError:
        raise StateError("file_nested_too_deeply") from None
    except StateError:
        raise
    except ValueError:  # the one that `int` raises for a number of thousands of digits
        raise StateError("file_number_too_long") from None


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) != len(pairs):
        names = Counter(name for name, _ in pairs)
        twice = next(name for name, count in names.items() if count > 1)
        raise StateError.at_field(twice[:40], "member_twice")
    return data


def _no_number(text: str) -> Any:
    raise StateError.at_field(text[:20], "only_whole_numbers")


def _checksum(body: dict[str, Any]) -> str:
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _text(data: Any, indent: str) -> str:
    # What holds lists of objects takes a line for each of them; everything else is one line.
    deeper = indent + " "
    if isinstance(data, dict) and any(_is_long(value) for value in data.values()):
        rows = [f"{deeper}{json.dumps(name)}: {_text(data[name], deeper)}" for name in data]
        return "{\n" + ",\n".join(rows) + f"\n{indent}}}"
    if isinstance(data, list) and any(isinstance(item, dict | list) for item in data):
        rows = [f"{deeper}{_text(item, deeper)}" for item in data]
        return "[\n" + ",\n".join(rows) + f"\n{indent}]"
    return json.dumps(data)


def _is_long(value: Any) -> bool:
    # A list with objects in it, or an object of objects.
    if isinstance(value, dict):
        return bool(value)
    return isinstance(value, list) and any(isinstance(item, dict) for item in value)


text_form.write, text_form.read = to_json, from_json
