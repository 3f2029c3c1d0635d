"""Rights of files, with Linux's values. Source: include/uapi/linux/stat.h [v5.4]."""

from __future__ import annotations

S_IRWXO = 0o7  # what others may do
S_IXUGO = 0o111  # who may execute it
S_IRWXUGO = 0o777  # who may do what
S_ISVTX = 0o1000  # a directory where only owners take names away
