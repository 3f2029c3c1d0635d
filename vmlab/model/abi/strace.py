"""System calls written as strace writes them."""

from __future__ import annotations

from vmlab.model.abi.fcntl import O_ACCMODE, Open
from vmlab.model.abi.mman import MAP_TYPE, ULONG_MAX, Madv, Map, Mremap, Ms, Prot
from vmlab.model.abi.resource import Rlimit

_TYPES = {1: "MAP_SHARED", 2: "MAP_PRIVATE", 3: "MAP_SHARED_VALIDATE", 8: "MAP_DROPPABLE"}
_SHOWN = 32  # bytes of a string that are shown, as strace does
_ADDRESSES = {  # which arguments are addresses
    "mmap": (0,),
    "munmap": (0,),
    "mprotect": (0,),
    "mremap": (0, 4),
    "brk": (0,),
    "madvise": (0,),
    "msync": (0,),
    "mlock": (0,),
    "munlock": (0,),
    "mincore": (0, 2),
    "mseal": (0,),
    "read": (1,),
    "write": (1,),
    "pread64": (1,),
    "pwrite64": (1,),
    "load": (0,),
    "store": (0,),
    "add": (0,),
    "fetch": (0,),
}


def prot_text(prot: int) -> str:
    """Return protection bits by name.

    >>> prot_text(3)
    'PROT_READ|PROT_WRITE'
    """
    return _names(Prot, prot, "PROT_NONE")


def flags_text(flags: int) -> str:
    """Return mmap flags by name, the type first.

    >>> flags_text(0x22)
    'MAP_PRIVATE|MAP_ANONYMOUS'
    """
    kind = _TYPES.get(flags & MAP_TYPE, f"{flags & MAP_TYPE:#x}")
    rest = flags & ~MAP_TYPE
    return f"{kind}|{_names(Map, rest, '')}" if rest else kind


def _names(
    family: type[Prot] | type[Map] | type[Mremap] | type[Ms] | type[Open], bits: int, none: str
) -> str:
    known = [member for member in family if member.value & bits == member.value and member.value]
    text = [str(member.name) for member in known]
    rest = bits
    for member in known:
        rest &= ~member.value
    if rest:
        text.append(f"{rest:#x}")
    return "|".join(text) or none


def _open_flags(flags: int) -> str:
    mode = ("O_RDONLY", "O_WRONLY", "O_RDWR", "0x3")[flags & O_ACCMODE]
    rest = flags & ~O_ACCMODE
    return f"{mode}|{_names(Open, rest, '')}" if rest else mode


def arguments(call: str, args: tuple[object, ...]) -> str:
    """Return the arguments of a call as strace prints them.

    >>> arguments("mmap", (0, 4096, 3, 0x22, -1, 0))
    'NULL, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0'
    """
    words = [_plain(value) for value in args]
    for place in _ADDRESSES.get(call, ()):
        if place < len(args):
            addr = args[place]
            words[place] = f"{addr & ULONG_MAX:#x}" if isinstance(addr, int) and addr else "NULL"
    match call, args:
        case "mmap", (_, _, int(prot), int(flags), _, int(offset)):
            words[2], words[3] = prot_text(prot), flags_text(flags)
            words[5] = f"{offset:#x}" if offset else "0"
        case "mprotect", (_, _, int(prot)):
            words[2] = prot_text(prot)
        case "mremap", (_, _, _, int(flags), _):
            words[3] = _names(Mremap, flags, "0")
            if not flags & (Mremap.MREMAP_FIXED | Mremap.MREMAP_DONTUNMAP):
                words.pop()
        case "madvise", (_, _, int(advice)):
            words[2] = Madv(advice).name if advice in list(Madv) else f"{advice:#x}"
        case "msync", (_, _, int(flags)):
            words[2] = _names(Ms, flags, "0")
        case "open", (_, int(flags)):
            words[1] = _open_flags(flags)
        case "setrlimit", (int(resource), _):
            words[0] = Rlimit(resource).name if resource in list(Rlimit) else str(resource)
        case "clone", (int(flags),):
            words = [f"flags={flags:#x}"]
        case (("fork" | "vfork"), _):
            words = []
    return ", ".join(words)


def _plain(value: object) -> str:
    if isinstance(value, str):
        return '"' + "".join(map(_escaped, value)) + '"'
    if isinstance(value, bytes):
        return _quoted(value)
    if value is None:
        return "NULL"
    if isinstance(value, list):
        return "[" + ", ".join(map(_plain, value)) + "]"
    return str(int(value)) if isinstance(value, int) else str(value)


def _escaped(letter: str) -> str:
    # What would break the line, or turn it round, is not printed as it is.
    if letter in '"\\':
        return "\\" + letter
    return letter if letter.isprintable() else letter.encode("unicode_escape").decode()


def _quoted(data: bytes) -> str:
    # The first bytes, those that are no ASCII text in octal.
    text = "".join(
        chr(byte) if 32 <= byte < 127 and byte not in b'"\\' else f"\\{byte:o}"
        for byte in data[:_SHOWN]
    )
    return f'"{text}"' + "..." * (len(data) > _SHOWN)


def result(call: str, value: object) -> str:
    """Return what a call gave as strace prints it.

    >>> result("load", b"a\\0")
    '"a\\\\0"'
    """
    if call == "load" and isinstance(value, bytes):
        return _quoted(value)
    if call == "store":
        return "ok"
    if call in ("exit", "exit_group"):
        return "?"  # it does not return
    if value is None:
        return "0"
    pid = getattr(value, "pid", None)
    if pid is not None:
        return str(pid)
    if isinstance(value, int) and call in ("mmap", "mremap", "brk"):
        return f"{value:#x}"
    return "0" if isinstance(value, bytes) else str(value)
