"""Why a student's file of answers is refused."""

from vmlab.words.language import N_

REASONS = {
    "answers_unreadable": N_("{file} cannot be read: {problem}"),
    "answers_damaged": N_(
        "{file} is damaged; with the next answer it is set aside, and a new file begins"
    ),
    "answers_too_new": N_("{file} has version {version}, and this vmlab reads version {known}"),
}
