"""What is said of calls about objects of System V."""

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
    "ipc_woken": Nn_("{n} task that waited goes on.", "{n} tasks that waited go on."),
    "semget": N_("semget finds set {semid} of semaphores."),
    "semget_makes": Nn_(
        "semget makes set {semid} of {n} semaphore.",
        "semget makes set {semid} of {n} semaphores.",
    ),
    "semop_one": N_("{call}: semaphore {semnum} of set {semid} goes from {old} to {new}."),
    "semop": Nn_(
        "{call}: {n} semaphore of set {semid} changes.",
        "{call}: {n} semaphores of set {semid} change.",
    ),
    "semop_same": N_("{call}: no semaphore of set {semid} changes."),
    "semctl_rmid": N_("Set {semid} of semaphores is removed."),
    "semctl_setval": N_("semctl: semaphore {semnum} of set {semid} is {value} now."),
    "semctl_set": N_("semctl: set {semid} of semaphores is set as asked."),
    "semctl_getval": N_("semctl: semaphore {semnum} of set {semid} is {value}."),
    "semctl_get": N_("semctl: {value} is told of semaphore {semnum} of set {semid}."),
    "semctl_stat": N_("semctl tells of set {semid} of semaphores."),
    "msgget": N_("msgget finds queue {msqid} of messages."),
    "msgget_makes": N_("msgget makes queue {msqid} of messages."),
    "msgsnd": Nn_(
        "A message of type {mtype} goes into queue {msqid}, which holds {n} message now.",
        "A message of type {mtype} goes into queue {msqid}, which holds {n} messages now.",
    ),
    "msgsnd_hands": N_("A message of type {mtype} goes from queue {msqid} straight to {pid}."),
    "msgrcv": Nn_(
        "A message of {n} byte is received from queue {msqid}.",
        "A message of {n} bytes is received from queue {msqid}.",
    ),
    "msgctl_rmid": N_("Queue {msqid} of messages is removed."),
    "msgctl_set": N_("msgctl: queue {msqid} of messages is set as asked."),
    "msgctl_stat": N_("msgctl tells of queue {msqid} of messages."),
}
