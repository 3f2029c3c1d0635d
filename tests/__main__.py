"""Run every check of the project, or only the stages named: `python -m tests lint unit`.

`python -m tests soak` is none of them: it goes on for as long as it is told. Nor is
`python -m tests programs`, which tells what each recorded program does on the model.
"""

import argparse
import os
import shlex
import subprocess
import sys
import time
from pathlib import Path

from tests.frontend.__main__ import SKIPPED
from tests.translation.catalogues import languages

ROOT = Path(__file__).parent.parent

# The cells of one notebook share a kernel, so they must stay on one worker: loadscope.
NBVAL = "pytest --nbval --nbval-current-env --nbval-cell-timeout=120 -n=auto --dist=loadscope"

CODES = languages()

STAGES = {
    "lint": "ruff check",
    "format": "ruff format --check",
    "types": "mypy",
    "frontend": "tests.frontend",
    "unit": "pytest -n=auto -m 'not browser and not slow'",
    "words": "tests.translation",
    "notebooks": " ".join([NBVAL, "notebooks", *(f"--ignore=notebooks/{code}" for code in CODES)]),
    **{f"notebooks-{code}": f"{NBVAL} notebooks/{code}" for code in CODES},
    "slow": "pytest -n=auto --dist=loadgroup -m 'slow and not browser'",
    # Each worker has a JupyterLab and a browser of its own.
    "browser": "pytest -n=2 --dist=loadscope -m browser",
}


# What else a stage needs in its environment.
ENVIRONMENT = {f"notebooks-{code}": {"VMLAB_LANG": code} for code in CODES}
APART = {"soak": "tests.soak", "programs": "tests.programs.replay"}
OUTCOMES = {0: "passed", SKIPPED: "skipped"}


def main() -> int:
    """Run the stages one after the other, all of them even if one fails, and sum up."""
    for apart in set(sys.argv[1:2]) & APART.keys():
        return subprocess.run([sys.executable, "-m", APART[apart], *sys.argv[2:]]).returncode
    parser = argparse.ArgumentParser(prog="python -m tests", description=__doc__)
    parser.add_argument("stages", nargs="*", metavar="stage", help=", ".join(STAGES))
    chosen = parser.parse_args().stages or list(STAGES)
    if unknown := set(chosen) - set(STAGES):
        parser.error(f"no such stage: {', '.join(sorted(unknown))}")

    results = [(stage, *_run(stage)) for stage in chosen]

    print("\n== summary ==")
    for stage, status, seconds in results:
        print(f"{OUTCOMES.get(status, 'FAILED'):<8} {stage:<10} {seconds:6.1f} s")
    return 0 if all(status in OUTCOMES for _, status, _ in results) else 1


def _run(stage: str) -> tuple[int, float]:
    print(f"\n== {stage}: {STAGES[stage]} ==", flush=True)
    command = [sys.executable, "-m", *shlex.split(STAGES[stage])]
    environment = {**os.environ, **ENVIRONMENT.get(stage, {})}
    start = time.monotonic()
    status = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
    return status, time.monotonic() - start


if __name__ == "__main__":
    sys.exit(main())
