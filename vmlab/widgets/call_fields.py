"""The fields of calls: what each takes, offers and holds at first.

That follows from the kind of its parameter; `_OWN` says where a call differs.
"""

from __future__ import annotations

import re

from vmlab.model.abi.clone import Clone
from vmlab.model.abi.fadvise import Fadvise, SyncRange
from vmlab.model.abi.fcntl import (
    AT_FDCWD,
    At,
    CloseRange,
    Faccessat,
    Falloc,
    Fcntl,
    Fd,
    Flock,
    Mfd,
    Open,
    Rename,
    Seal,
    Seek,
    Unlinkat,
)
from vmlab.model.abi.futex import Futex
from vmlab.model.abi.ioctl import Ioctl
from vmlab.model.abi.kinds import Kind
from vmlab.model.abi.membarrier import Membarrier
from vmlab.model.abi.mman import Madv, Map, Mcl, Mlock, Mremap, Ms, Prot
from vmlab.model.abi.personality import Personality
from vmlab.model.abi.pidfd import Pidfd
from vmlab.model.abi.prctl import Arch, Pr
from vmlab.model.abi.random import Grnd
from vmlab.model.abi.resource import Prio, Rlimit, Rusage
from vmlab.model.abi.rseq import Rseq
from vmlab.model.abi.signal import How
from vmlab.model.abi.statx import Statx
from vmlab.model.abi.time import Clock, Itimer, Timer
from vmlab.model.abi.wait import IdType
from vmlab.model.arguments import MOST_AT_ONCE
from vmlab.widgets.call_field import CallField, Meaning
from vmlab.widgets.fields_of_ipc import IPC_KINDS
from vmlab.widgets.fields_of_sockets import SOCKET_KINDS
from vmlab.widgets.readers import choice, flags, number
from vmlab.widgets.typed_names import access, node, rights, wait_options
from vmlab.widgets.typed_values import (
    FieldError,
    parse_address,
    parse_bytes,
    parse_flags,
    parse_length,
    parse_limit,
    parse_map_flags,
    parse_number,
    parse_signal,
    parse_text,
    parse_truth,
    parse_words,
)
from vmlab.words.language import N_, say
from vmlab.words.typed import narrow, plain


def _address(text: str, meaning: Meaning) -> int:
    return parse_address(text, page=meaning.page, names=meaning.names, base=meaning.brk)


def _length(text: str, meaning: Meaning) -> int:
    return parse_length(text, page=meaning.page)


def argument(text: str, meaning: Meaning) -> int:
    return _address(text, meaning) if text.strip() else 0


def _word(text: str, _: Meaning) -> str:
    if not text.strip():
        raise FieldError(say("a name is missing"))
    return parse_text(text.strip())


def at_once(text: str, meaning: Meaning) -> int:
    # What one access moves.
    count = _length(text, meaning)
    if count > MOST_AT_ONCE:
        raise FieldError(
            say(
                "{text!r} is more than the {most} bytes of one access", text=text, most=MOST_AT_ONCE
            )
        )
    return count


def _fcntl_argument(text: str, _: Meaning) -> int:
    # A descriptor, the flag of one, seals, or flags of an open file.
    words = plain(text).lower().split()
    family = Seal if "seal" in "".join(words) else Fd if "cloexec" in words else Open
    return parse_flags(text, family) if words else 0


def _directory(text: str, _: Meaning) -> int:
    is_cwd = plain(text).strip().lower() in ("", "cwd", "at_fdcwd")  # the working directory
    return AT_FDCWD if is_cwd else parse_number(text)


def _limits(text: str, meaning: Meaning) -> tuple[int, int]:
    # A soft limit and a hard one; one alone is both.
    soft, *more = re.split(r"[\s,/]+", text.strip(), maxsplit=1)
    hard = more[0] if more else soft
    return parse_limit(soft, page=meaning.page), parse_limit(hard, page=meaning.page)


def _any_child(text: str, _: Meaning) -> int:
    return -1 if plain(text).strip().lower() in ("", "any") else parse_number(text)


def file(text: str, _: Meaning) -> int | str:
    # A descriptor, or the path of a file that is opened for the call.
    number = narrow(text.strip())
    return int(number) if re.fullmatch("-?[0-9]{1,18}", number) else parse_text(text.strip())


# Options are what a person types: they are the same in every language.
KINDS: dict[Kind, CallField] = {
    **IPC_KINDS,
    Kind.ADDRESS: CallField("", _address, hint=N_("0x… or stack"), width=16),
    Kind.HINT: CallField("", _address, hint=N_("any"), width=14, optional=True),
    Kind.BREAK: CallField("", _address, "+1 page", "+1 page", 14),
    Kind.BUFFER: CallField("", _address, hint=N_("0x… or stack"), width=16),
    Kind.VECTOR: CallField("", _address, hint=N_("none"), width=14, optional=True),
    Kind.LENGTH: CallField("", _length, "1 page", "2 pages", 8),
    Kind.COUNT: CallField("", _length, "16", "16", 6),
    Kind.OFFSET: CallField("", _length, "0", "0", 5),
    Kind.MAP_OFFSET: CallField("", _length, "0", "0", 5),
    Kind.PROT: CallField(
        "",
        lambda text, _: parse_flags(text, Prot),
        "rw",
        "rw",
        4,
        ("r", "rw", "rx", "rwx", "none"),
    ),
    Kind.MAP_FLAGS: CallField(
        "",
        lambda text, _: parse_map_flags(text),
        "private",
        "private",
        9,
        ("private", "shared", "private fixed", "private noreserve", "private growsdown"),
    ),
    Kind.MREMAP_FLAGS: CallField(
        "",
        flags(Mremap),
        "maymove",
        N_("none"),
        9,
        ("maymove", "maymove fixed", "maymove dontunmap"),
    ),
    Kind.REMAP_FLAGS: CallField("", flags(Map), hint="0", width=9, options=("nonblock",)),
    Kind.PGOFF: CallField("", number, "0", "0", 4),
    Kind.ADVICE: CallField(
        "",
        lambda text, _: parse_flags(text, Madv),
        "dontneed",
        "dontneed",
        12,
        (
            *("dontneed", "free", "willneed", "populate_read", "populate_write"),
            *("dontfork", "wipeonfork"),
        ),
    ),
    Kind.MSYNC_FLAGS: CallField("", lambda text, _: parse_flags(text, Ms), "sync", "sync", 6),
    Kind.MSEAL_FLAGS: CallField("", number, "0", "0", 3),
    Kind.NO_FLAGS: CallField("", number, "0", "0", 3),
    Kind.PIDFD_FLAGS: CallField("", flags(Pidfd), "", "0", 9, ("nonblock", "thread")),
    Kind.MLOCK_FLAGS: CallField("", flags(Mlock), "onfault", "0", 7, ("onfault",)),
    Kind.MCL_FLAGS: CallField(
        "",
        flags(Mcl),
        "current",
        "current",
        14,
        ("current", "future", "current future", "current future onfault"),
    ),
    Kind.OPEN_FLAGS: CallField(
        "",
        flags(Open),
        "rdwr",
        "rdonly",
        12,
        ("rdonly", "wronly", "rdwr", "rdwr creat", "rdwr creat trunc", "wronly append"),
    ),
    Kind.MEMFD_FLAGS: CallField(
        "", flags(Mfd), hint="0", width=14, options=("allow_sealing", "noexec_seal", "cloexec")
    ),
    Kind.WHENCE: choice(Seek, "set", 5),
    Kind.TIMER_ID: CallField("", number, "0", "0", 3),
    Kind.FALLOC_MODE: CallField(
        "", flags(Falloc), "", "0", 20, ("fl_keep_size", "fl_keep_size fl_punch_hole")
    ),
    Kind.FCNTL_COMMAND: choice(Fcntl, "add_seals", 9),
    Kind.FCNTL_ARGUMENT: CallField(
        "",
        _fcntl_argument,
        "",
        "0",
        14,
        ("seal_write", "seal_future_write", "seal_shrink seal_grow", "cloexec", "append", "10"),
    ),
    Kind.CLONE_FLAGS: CallField(
        "",
        flags(Clone),
        "vm files",
        N_("none"),
        16,
        ("vm", "files", "vm files", "vm vfork", "vm files sighand thread"),
    ),
    Kind.FD: CallField("", number, "3", "3", 3),
    Kind.PIDFD: CallField("", number, "3", "3", 3),
    Kind.DIRFD: CallField("", _directory, "cwd", "cwd", 4, ("cwd",)),
    Kind.PATH: CallField("", _word, hint="/a.txt", width=14),
    Kind.NAME: CallField("", _word, hint=N_("memory"), width=10),
    Kind.ARGV: CallField(
        "",
        lambda text, _: parse_words(text),
        hint=N_("the path alone"),
        width=14,
        optional=True,
    ),
    Kind.ENV: CallField(
        "", lambda text, _: parse_words(text), hint=N_("none"), width=12, optional=True
    ),
    Kind.PERSONALITY: CallField(
        "",
        flags(Personality),
        "addr_compat_layout",
        N_("none"),
        20,
        ("addr_compat_layout", "addr_no_randomize", "read_implies_exec", "mmap_page_zero"),
    ),
    Kind.RESOURCE: CallField(
        "",
        lambda text, _: parse_flags(text, Rlimit),
        "stack",
        "stack",
        8,
        ("stack", "as", "data", "memlock", "nofile"),
    ),
    Kind.LIMIT: CallField(
        "",
        lambda text, meaning: parse_limit(text, page=meaning.page),
        "1M",
        "1M",
        9,
        ("1M", "8M", "unlimited"),
    ),
    Kind.HARD_LIMIT: CallField(
        "",
        lambda text, meaning: parse_limit(text, page=meaning.page),
        hint=N_("as it is"),
        width=9,
        options=("8M", "unlimited"),
        optional=True,
    ),
    Kind.LIMITS: CallField(
        "", _limits, hint=N_("as they are"), width=14, options=("1M 8M",), optional=True
    ),
    Kind.OPTION: choice(Pr, "set_name", 15),
    Kind.ARGUMENT: CallField("", argument, hint="0", width=14),
    Kind.ARCH_CODE: choice(Arch, "get_fs", 7),
    Kind.BARRIER: choice(Membarrier, "cmd_query", 28),
    Kind.BARRIER_FLAGS: CallField("", number, "0", "0", 3),
    Kind.PID: CallField("", number, "0", "0", 5),
    Kind.SIGNAL: CallField(
        "", lambda text, _: parse_signal(text), "SIGSEGV", "SIGSEGV", 9, ("SIGSEGV", "SIGBUS")
    ),
    Kind.HANDLER: CallField("", lambda text, _: parse_truth(text), "yes", "yes", 4, ("yes", "no")),
    Kind.SIGPROCMASK_HOW: choice(How, "block", 8),
    Kind.FUTEX_OP: choice(Futex, "wake", 8),
    Kind.RSEQ_FLAGS: CallField("", flags(Rseq), "0", "0", 8),
    Kind.TIMER_FLAGS: CallField("", flags(Timer), "", "0", 8, ("abstime",)),
    Kind.CODE: CallField("", number, "0", "0", 3),
    Kind.DATA: CallField("", lambda text, _: parse_bytes(text), "A", N_("A or 0x41"), 6),
    Kind.NUMBER: CallField("", number, "1", "1", 3),
    Kind.AT_FLAGS: CallField("", flags(At), hint="0", width=12, options=("empty_path",)),
    Kind.UNLINK_FLAGS: CallField("", flags(Unlinkat), hint="0", width=9, options=("removedir",)),
    Kind.ACCESS_MODE: CallField(
        "", access, "f_ok", "f_ok", 9, ("f_ok", "r_ok", "r_ok w_ok", "x_ok")
    ),
    Kind.FILE_MODE: CallField("", rights, "0644", "0644", 5, ("0644", "0600", "0755")),
    Kind.FD_FLAGS: CallField(
        "", flags(Open), hint="0", width=12, options=("cloexec", "nonblock", "cloexec nonblock")
    ),
    Kind.FD_LIMIT: CallField("", number, "3", "3", 3),
    Kind.CLOSE_FLAGS: CallField(
        "", flags(CloseRange), hint="0", width=12, options=("range_cloexec", "range_unshare")
    ),
    Kind.SIZE: CallField("", number, "64", "64", 5),
    Kind.IOCTL_COMMAND: CallField(
        "",
        lambda text, _: parse_flags(text, Ioctl),
        "FIONREAD",
        "FIONREAD",
        11,
        tuple(Ioctl.__members__),
    ),
    Kind.FLOCK_COMMAND: CallField(
        "", flags(Flock), "ex nb", "ex nb", 7, ("sh", "ex", "sh nb", "ex nb", "un")
    ),
    Kind.GRND_FLAGS: CallField(
        "", flags(Grnd), hint="0", width=10, options=("nonblock", "random", "insecure")
    ),
    Kind.WAIT_PID: CallField("", _any_child, "any", "any", 5, ("any",)),
    Kind.WAIT_OPTIONS: CallField(
        "", wait_options, "wall", "0", 8, ("wall", "nohang", "nohang wall", "wclone")
    ),
    Kind.USAGE_OF: choice(Rusage, "self", 8),
    Kind.PRIORITY_OF: choice(Prio, "process", 8),
    Kind.CLOCK: choice(Clock, "monotonic", 12),
    Kind.CPUS_SIZE: CallField("", number, "8", "8", 4),
    Kind.ACCESS_FLAGS: CallField(
        "", flags(Faccessat), hint="0", width=12, options=("eaccess", "empty_path")
    ),
    Kind.STATX_MASK: CallField("", flags(Statx), "size", "0", 12, ("size", "mode", "btime")),
    Kind.WAIT_TYPE: choice(IdType, "all", 5),
    Kind.WAIT_ID: CallField("", number, "0", "0", 5),
    Kind.ITIMER: choice(Itimer, "real", 7),
    Kind.SECONDS: CallField("", number, "1", "1", 4),
    Kind.ROOM: CallField("", number, "64", "64", 5),
    Kind.NR_POLLED: CallField("", number, "1", "1", 3),
    Kind.NR_OF_SETS: CallField("", number, "4", "4", 3),
    Kind.TIMEOUT: CallField("", number, "0", "0", 5, ("0", "1000", "-1")),
    **SOCKET_KINDS,
    Kind.VALUE: CallField("", number, "1", "1", 3),
    Kind.PATH_OR_NONE: CallField("", _word, hint="/a.txt", width=14, optional=True),
    Kind.NODE_MODE: CallField(
        "", node, "ififo 0644", "ifreg 0644", 11, ("ififo 0644", "ifreg 0644", "ifchr 0644")
    ),
    Kind.DEVICE: CallField("", number, "0", "0", 6, ("0x103", "0x105")),
    Kind.OWNER: CallField("", number, "0", "0", 5, ("0", "1000", "-1")),
    Kind.RENAME_FLAGS: CallField(
        "", flags(Rename), hint="0", width=10, options=("noreplace", "exchange")
    ),
    Kind.FILE_ADVICE: choice(Fadvise, "fadv_willneed", 15),
    Kind.SYNC_FLAGS: CallField("", flags(SyncRange), "file_range_write", "0", 16),
}
