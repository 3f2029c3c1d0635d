"""Linux's error numbers and what they mean in words.

Python's own `errno` has the numbers of the system it runs on: other ones on macOS, on Windows and
in a browser. Source: include/uapi/asm-generic/errno.h [v5.4].
"""

from __future__ import annotations

EPERM = 1
ENOENT = 2
EIO = 5
E2BIG = 7
ENOEXEC = 8
EBADF = 9
ECHILD = 10
EAGAIN = 11
ENOMEM = 12
EACCES = 13
EFAULT = 14
EBUSY = 16
EEXIST = 17
ENODEV = 19
ENOTDIR = 20
EISDIR = 21
EINVAL = 22
EMFILE = 24
ENOSPC = 28
ESPIPE = 29
ENAMETOOLONG = 36
ENOSYS = 38
ELOOP = 40
EOVERFLOW = 75
ELIBBAD = 80
EOPNOTSUPP = 95
errorcode = {number: name for name, number in list(globals().items()) if name.startswith("E")}
_WORDS = {
    EPERM: "Operation not permitted",
    ENOENT: "No such file or directory",
    EIO: "Input/output error",
    E2BIG: "Argument list too long",
    ENOEXEC: "Exec format error",
    EBADF: "Bad file descriptor",
    ECHILD: "No child processes",
    EAGAIN: "Resource temporarily unavailable",
    ENOMEM: "Cannot allocate memory",
    EACCES: "Permission denied",
    EFAULT: "Bad address",
    EBUSY: "Device or resource busy",
    EEXIST: "File exists",
    ENODEV: "No such device",
    ENOTDIR: "Not a directory",
    EISDIR: "Is a directory",
    EINVAL: "Invalid argument",
    EMFILE: "Too many open files",
    ENOSPC: "No space left on device",
    ESPIPE: "Illegal seek",
    ENAMETOOLONG: "File name too long",
    ENOSYS: "Function not implemented",
    ELOOP: "Too many levels of symbolic links",
    EOVERFLOW: "Value too large for defined data type",
    ELIBBAD: "Accessing a corrupted shared library",
    EOPNOTSUPP: "Operation not supported",
}


def strerror(number: int) -> str:
    """Return the words for an error number, as perror(3) prints them.

    >>> strerror(EINVAL)
    'Invalid argument'
    """
    return _WORDS[number]
