"""What poll(2), select(2) and their kin ask for and tell, with Linux's x86-64 values."""

from __future__ import annotations

POLLIN = 0x1
POLLPRI = 0x2
POLLOUT = 0x4
POLLERR = 0x8
POLLHUP = 0x10
POLLNVAL = 0x20
POLLRDNORM = 0x40
POLLRDBAND = 0x80
POLLWRNORM = 0x100
POLLWRBAND = 0x200
POLLRDHUP = 0x2000
POLLFD_SIZE = 8  # bytes of a struct pollfd: fd, events, revents
