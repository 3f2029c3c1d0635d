"""What becomes of an access of the kernel itself that cannot be made."""

from __future__ import annotations


class UserAccessFault(Exception):
    """The kernel itself touched an address of user space that cannot be made accessible.

    Caught by the copy routines, which report how far they came
    (arch/x86/mm/extable.c: fixup_exception() [v5.4]).
    """
