"""What the error numbers mean, as perror(3) prints it."""

from vmlab.words.language import N_

REASONS = {
    "EPERM": N_("Operation not permitted"),
    "ENOENT": N_("No such file or directory"),
    "EINTR": N_("Interrupted system call"),
    "EIO": N_("Input/output error"),
    "E2BIG": N_("Argument list too long"),
    "ENOEXEC": N_("Exec format error"),
    "EBADF": N_("Bad file descriptor"),
    "ECHILD": N_("No child processes"),
    "EAGAIN": N_("Resource temporarily unavailable"),
    "ENOMEM": N_("Cannot allocate memory"),
    "EACCES": N_("Permission denied"),
    "EFAULT": N_("Bad address"),
    "EBUSY": N_("Device or resource busy"),
    "EEXIST": N_("File exists"),
    "ENODEV": N_("No such device"),
    "ENOTDIR": N_("Not a directory"),
    "EISDIR": N_("Is a directory"),
    "EINVAL": N_("Invalid argument"),
    "EMFILE": N_("Too many open files"),
    "EFBIG": N_("File too large"),
    "ENOSPC": N_("No space left on device"),
    "ESPIPE": N_("Illegal seek"),
    "ENAMETOOLONG": N_("File name too long"),
    "ENOSYS": N_("Function not implemented"),
    "ELOOP": N_("Too many levels of symbolic links"),
    "EOVERFLOW": N_("Value too large for defined data type"),
    "ELIBBAD": N_("Accessing a corrupted shared library"),
    "EOPNOTSUPP": N_("Operation not supported"),
}
