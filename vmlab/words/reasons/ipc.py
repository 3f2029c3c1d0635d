"""Why something happened in `vmlab.model.linux.ipc`: shared memory of System V."""

from vmlab.words.language import N_

REASONS = {
    "no_segment": N_("there is no segment {shmid}"),
    "no_segment_of_key": N_("no segment has the key {key:#x}"),
    "segment_exists": N_("a segment has the key {key:#x}"),
    "segment_smaller": N_("the segment has {nr_bytes} bytes"),
    "shm_size": N_("a segment has 1 to {most} bytes"),
    "too_many_segments": N_("there are {most} segments"),
    "remap_nowhere": N_("SHM_REMAP needs an address"),
    "segment_in_the_way": N_("something is mapped at {addr:#x}, and no SHM_REMAP"),
    "range_overflows": N_("the range ends past the largest address"),
    "no_segment_at": N_("no segment was attached at {addr:#x}"),
}
