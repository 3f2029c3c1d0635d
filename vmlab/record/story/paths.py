"""The headlines of calls on what paths name."""

from __future__ import annotations

from vmlab.model.trace.events.file import InodeCreate, InodeFree, InodeUnlink
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
    if not facts.has(InodeUnlink):
        return headline("rename_same", path=new)
    gone = headline("rename_takes", path=new) if len(facts.of(InodeUnlink)) > 1 else None
    return headline("rename", gone, old=old, path=new)


def umask(facts: Facts) -> Headline:
    """Return which rights new files do not get."""
    event = facts.the(FsUmask)
    return headline("umask", pid=event.pid, umask=event.umask)
