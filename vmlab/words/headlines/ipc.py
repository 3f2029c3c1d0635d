"""What is said of calls about shared memory of System V."""

from __future__ import annotations

from vmlab.words.language import N_, Nn_

HEADLINES: dict[str, str | tuple[str, str]] = {
    "shmget": N_("shmget finds segment {shmid}."),
    "shmget_makes": Nn_(
        "shmget makes segment {shmid} of {n} byte, which takes no frame yet.",
        "shmget makes segment {shmid} of {n} bytes, which takes no frame yet.",
    ),
    "shmat": N_("Segment {shmid} is attached at {page}."),
    "shmdt": N_("Segment {shmid} is detached."),
    "shmdt_sealed": N_("The mapping is sealed, and stays."),
    "shm_destroyed": N_("Segment {shmid} is destroyed."),
    "shmctl_stat": N_("shmctl tells of segment {shmid}."),
    "shmctl_dest": N_("Segment {shmid} will be destroyed when nobody has it attached."),
    "shmctl_lock": N_("Segment {shmid} is locked in memory."),
    "shmctl_unlock": N_("Segment {shmid} is no longer locked in memory."),
    "shmctl_same": N_("Nothing changes for segment {shmid}."),
}
