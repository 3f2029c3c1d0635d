"""Record the logs that the tests read: `python -m tests.host.record_logs`, on Linux with strace.

Each program runs in an empty folder and with an environment of two variables.
"""

from __future__ import annotations

import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.host.logs import OPTIONS, PROGRAMS, Logs, write

_ENV = ("env", "-i", "PATH=/usr/bin:/bin", "HOME=/tmp")
_SECONDS = 60
_FORKS = "sh -c 'for i in 1 2; do /bin/true; done | cat; sort --parallel=2 -S 8M numbers | tail -1'"


def record() -> Logs:
    """Record all logs."""
    with tempfile.TemporaryDirectory(prefix="logs-") as name:
        folder = Path(name)
        _furnish(folder)
        logs = {f"program/{each}": _log(folder, "-f", line) for each, line in PROGRAMS.items()}
        for options in OPTIONS:
            logs[f"option/{options}"] = _log(folder, options, _FORKS)
        for file in _separate(folder):
            logs[f"separate/{file.name}"] = file.read_text(errors="surrogateescape")
        return logs


def _furnish(folder: Path) -> None:
    numbers = (n * 7919 % 200_003 for n in range(200_000))
    (folder / "numbers").write_text("".join(f"{n}\n" for n in numbers))
    (folder / "a.c").write_text("int main(void) { return 0; }\n")
    (folder / "many").mkdir()
    shutil.copy("/usr/bin/env", folder / "many")
    commands = ("git init -q .", "git add a.c", "git -c user.name=a -c user.email=b commit -qm c")
    for command in commands:
        subprocess.run([*_ENV, *shlex.split(command)], cwd=folder, check=True)


def _log(folder: Path, options: str, line: str) -> str:
    log = folder / "log"
    _run(folder, [*options.split(), "-o", str(log)], line)
    return log.read_text(errors="surrogateescape")


def _separate(folder: Path) -> list[Path]:
    _run(folder, ["-ff", "-ttt", "-o", str(folder / "each")], _FORKS)
    return sorted(folder.glob("each.*"))


def _run(folder: Path, options: list[str], line: str) -> None:
    subprocess.run(
        [*_ENV, "strace", *options, *shlex.split(line)],
        cwd=folder,
        timeout=_SECONDS,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )


if __name__ == "__main__":
    write(record())
