"""Why the hardware could not be made, or was asked for what it does not have."""

from vmlab.words.language import N_

REASONS = {
    "ram_not_whole_frames": N_(
        "RAM of {size} bytes is not a whole number of {page_size}-byte frames"
    ),
    "no_such_frame": N_("no frame {pfn}: RAM has {frames}"),
    "tlb_without_entries": N_("a TLB needs at least one entry, not {size}"),
}
