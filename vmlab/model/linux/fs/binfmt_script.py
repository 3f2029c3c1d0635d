"""Scripts: a first line that begins with #! names the program that runs the file."""

from __future__ import annotations

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.linux.fs.binprm import (
    BINPRM_BUF_SIZE,
    LinuxBinprm,
    copy_string,
    open_exec,
    remove_arg_zero,
)
from vmlab.model.linux.include.structs import File
from vmlab.model.trace.decorators import traced

_BLANKS = b" \t"


def parse_script(start: bytes) -> tuple[bytes, bytes | None]:
    """Return the interpreter that a script names, and the argument for it.

    Everything after the name is one argument, whatever blanks it holds.

    Args:
        start: the first BINPRM_BUF_SIZE bytes of the file, or all it has.

    Raises:
        LinuxError: ENOEXEC if there is no name, or it may go on after these bytes.

    Source: fs/binfmt_script.c: load_script() [v6.18].
    """
    last = BINPRM_BUF_SIZE - 1
    buf = start.ljust(BINPRM_BUF_SIZE, b"\0")
    end = buf.split(b"\0")[0].find(b"\n")
    if end < 0:
        # The line goes on; that cuts the argument, but it must not cut the name.
        name = _non_spacetab(buf, 2, last)
        if name is None or _terminator(buf, name, last) is None:
            raise LinuxError(errno.ENOEXEC, "first_line_too_long")
        end = last
    while buf[end - 1] in _BLANKS:
        end -= 1
    name = _non_spacetab(buf, 2, end)
    if name is None or name == end:
        raise LinuxError(errno.ENOEXEC, "no_interpreter_named")
    stop = _terminator(buf, name, end)
    arg = _non_spacetab(buf, stop, end) if stop is not None and buf[stop] else None
    if stop is None or arg is None:
        return buf[name : end if stop is None else stop], None
    return buf[name:stop], buf[arg:end].split(b"\0")[0]


def _non_spacetab(buf: bytes, first: int, last: int) -> int | None:
    return next((i for i in range(first, last + 1) if buf[i] not in _BLANKS), None)


def _terminator(buf: bytes, first: int, last: int) -> int | None:
    return next((i for i in range(first, last + 1) if buf[i] in _BLANKS + b"\0"), None)


@traced
def load_script(bprm: LinuxBinprm, start: bytes) -> File:
    """Put the interpreter and its argument before the script's path; open the interpreter.

    Raises:
        LinuxError: ENOEXEC, E2BIG, and what open_exec raises.

    Source: fs/binfmt_script.c: load_script() [v6.18].
    """
    name, arg = parse_script(start)
    remove_arg_zero(bprm)
    for string in (bprm.interp.encode(errors="surrogateescape"), arg, name):
        if string is not None:
            copy_string(bprm, string)
            bprm.argv.insert(0, string)
            bprm.argc += 1
    bprm.interp = name.decode(errors="surrogateescape")
    return open_exec(bprm.system, bprm.interp)
