"""The words for places in an address space: its regions and pages by names a student knows."""

from __future__ import annotations

from vmlab.words.language import N_, say

# By what a region is for; one of a kind goes by its name alone, others have their address too.
REGIONS: dict[str, tuple[str, str]] = {
    "headers": (N_("headers"), N_("headers at {start:#x}")),
    "constants": (N_("constants"), N_("constants at {start:#x}")),
    "text": (N_("text"), N_("text at {start:#x}")),
    "data": (N_("data"), N_("data at {start:#x}")),
    "bss": (N_("bss"), N_("bss at {start:#x}")),
    "heap": (N_("the heap"), N_("the part of the heap at {start:#x}")),
    "stack": (N_("the stack"), N_("the part of the stack at {start:#x}")),
    "shared": (N_("the shared memory at {start:#x}"), N_("the shared memory at {start:#x}")),
    "anon": (N_("the region at {start:#x}"), N_("the region at {start:#x}")),
    "named": (N_("{name}"), N_("{name} at {start:#x}")),
}
PAGE = N_("page {page} of {region}")
PAGE_OF_VARIABLE = N_("the page of `{variable}` ({page})")


def region_words(kind: str, name: str, start: int, *, only: bool) -> str:
    """Return what to call a region.

    Args:
        kind: what it is for, a key of `REGIONS`; '' = there is no region.
        name: its name, such as a path.
        start: its first address.
        only: whether no other region of its address space goes by the same name.
    """
    if not kind:
        return f"{start:#x}"
    return say(REGIONS[kind][not only], name=name, start=start)


def page_words(region: str, page: int) -> str:
    """Return what to call a page of a region."""
    return say(PAGE, region=region, page=page)


def variable_words(variable: str, page: str) -> str:
    """Return what to call the page that a variable of a program is in."""
    return say(PAGE_OF_VARIABLE, variable=variable, page=page)
