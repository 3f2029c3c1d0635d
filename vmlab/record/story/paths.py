"""The headlines of calls on what paths name."""

from __future__ import annotations

from vmlab.model.abi.calls import ACTIONS
from vmlab.model.abi.fcntl import RENAME_EXCHANGE
from vmlab.model.trace.events.file import (
    InodeChmod,
    InodeChown,
    InodeCreate,
    InodeFree,
    InodeLink,
    InodeSymlink,
    InodeUnlink,
    InodeUtimes,
)
from vmlab.model.trace.events.process import FsPwd, FsUmask
from vmlab.record.story.facts import Facts
from vmlab.record.story.files import path_of
from vmlab.record.story.headline import Headline, headline


def stat(facts: Facts) -> Headline:
    """Return where it is told what kind of file is at a path."""
    page = facts.page(facts.arg("statbuf"))
    call = facts.call.name
    path = facts.arg("path") or path_of(facts, facts.arg("dirfd"))
    return headline("stat", facts.brought_in(), call=call, path=path, page=page)


def access(facts: Facts) -> Headline:
    """Return that a file may be used so."""
    return headline("access", call=facts.call.name, path=facts.arg("path"))


def chdir(facts: Facts) -> Headline:
    """Return where relative paths begin now."""
    event = facts.the(FsPwd)
    return headline("chdir", pid=event.pid, path=event.path)


def mkdir(facts: Facts) -> Headline:
    """Return which directory there is now."""
    return headline("fs_mkdir", path=facts.the(InodeCreate).path)


def unlink(facts: Facts) -> Headline:
    """Return whether what had a name is gone, or only its name."""
    path = facts.the(InodeUnlink).path
    if facts.has(InodeFree):
        return headline("fs_unlink", facts.frames_back(), path=path)
    return headline("fs_unlink_in_use", path=path)


def rename(facts: Facts) -> Headline:
    """Return which name something has now."""
    old, new = facts.arg("oldpath"), facts.arg("newpath")
    if facts.call.name == "renameat2" and facts.arg("flags") & RENAME_EXCHANGE:
        return headline("rename_exchange", old=old, path=new)
    if not facts.has(InodeUnlink):
        return headline("rename_same", path=new)
    gone = headline("rename_takes", path=new) if len(facts.of(InodeUnlink)) > 1 else None
    return headline("rename", gone, old=old, path=new)


def symlink(facts: Facts) -> Headline:
    """Return where a symbolic link leads."""
    event = facts.the(InodeSymlink)
    return headline("symlink", path=event.path, target=event.target)


def link(facts: Facts) -> Headline:
    """Return which file has which name besides."""
    old = facts.arg("oldpath") or path_of(facts, facts.arg("olddirfd"))
    return headline("fs_link", old=old, path=facts.the(InodeLink).path)


def mknod(facts: Facts) -> Headline:
    """Return what there is now."""
    return headline("mknod", path=facts.the(InodeCreate).path)


def chmod(facts: Facts) -> Headline:
    """Return who may do what with a file."""
    if not facts.has(InodeChmod):
        return headline("attributes_same", call=facts.call.name)
    event = facts.the(InodeChmod)
    return headline("chmod", path=_path(facts), mode=event.new, old=event.old)


def chown(facts: Facts) -> Headline:
    """Return whose a file is."""
    if not facts.has(InodeChown):
        return headline("attributes_same", call=facts.call.name)
    event = facts.the(InodeChown)
    return headline("chown", path=_path(facts), uid=event.uid, gid=event.gid)


def utimes(facts: Facts) -> Headline:
    """Return which times of a file were set."""
    code = "utimes" if facts.has(InodeUtimes) else "attributes_same"
    return headline(code, call=facts.call.name, path=_path(facts))


def _path(facts: Facts) -> str:
    # That of a call whose file is given by a path, or is open.
    names = [parameter.name for parameter in ACTIONS[facts.call.name].parameters]
    path = facts.arg("path") if "path" in names else None
    return path or path_of(facts, facts.arg("fd" if "fd" in names else "dirfd"))


def umask(facts: Facts) -> Headline:
    """Return which rights new files do not get."""
    event = facts.the(FsUmask)
    return headline("umask", pid=event.pid, umask=event.umask)
