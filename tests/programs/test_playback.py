"""A run that was noted is done again without an emulator, and only where it fits."""

from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("unicorn", reason="the extra vmlab[programs] is not installed")

from tests.programs.machine_code import DATA, load
from vmlab import Machine, MiB, ProgramError, Recorder
from vmlab.model.linux.include.structs import System
from vmlab.programs import noted, run
from vmlab.programs.emulator import Emulator
from vmlab.programs.noted import Noted
from vmlab.programs.noting import NotingEmulator
from vmlab.programs.playback import Playback

EXIT = "b8e7000000 0f05"  # exit_group(edi)
READ = f"31ff be{DATA.to_bytes(4, 'little').hex()} ba08000000 31c0 0f05"  # read(0, DATA, 8)
FIRST_BYTE = f"0fb63c25{DATA.to_bytes(4, 'little').hex()}"  # edi = [DATA]
FORK = "b839000000 0f05"
STORE = f"c60425{DATA.to_bytes(4, 'little').hex()}41"  # [DATA] = 'A'

Cpu = Callable[[System], Any]


@pytest.fixture
def runs() -> dict[str, list[Noted]]:
    return {}


def ran(
    code: str, cpu: Cpu, monkeypatch: pytest.MonkeyPatch, *, typed: str = "x\n"
) -> tuple[Any, ...]:
    monkeypatch.setattr(run, "new_cpu", cpu)
    machine = Machine(ram=16 * MiB)
    machine.type(typed)
    p = load(machine, code)
    with Recorder(machine) as recorder:
        stop = p.run()
        machine.run()
    return stop, p.exit_code, p.min_flt, recorder.transcript(("headline", "steps"))


@pytest.mark.parametrize(
    "code", [EXIT, STORE + EXIT, READ + FIRST_BYTE + EXIT, FORK + STORE + EXIT]
)
def test_it_is_done_as_it_was_noted(
    code: str, runs: dict[str, list[Noted]], monkeypatch: pytest.MonkeyPatch
) -> None:
    ran(code, lambda system: NotingEmulator(system, runs), monkeypatch)
    stored = noted.from_bytes(noted.to_bytes(runs))
    played = ran(code, lambda system: Playback(system, stored), monkeypatch)
    assert played == ran(code, Emulator, monkeypatch)


def test_other_input_is_another_run(
    runs: dict[str, list[Noted]], monkeypatch: pytest.MonkeyPatch
) -> None:
    code = READ + FIRST_BYTE + EXIT
    ran(code, lambda system: NotingEmulator(system, runs), monkeypatch)
    with pytest.raises(ProgramError):
        ran(code, lambda system: Playback(system, runs), monkeypatch, typed="y\n")


def test_both_runs_are_known_once_both_were_noted(
    runs: dict[str, list[Noted]], monkeypatch: pytest.MonkeyPatch
) -> None:
    code = READ + FIRST_BYTE + EXIT
    for typed in ("x\n", "y\n"):
        ran(code, lambda system: NotingEmulator(system, runs), monkeypatch, typed=typed)
    for typed in ("x\n", "y\n"):
        exit_code = ran(code, lambda system: Playback(system, runs), monkeypatch, typed=typed)[1]
        assert exit_code == ord(typed[0]) << 8


def test_another_program_is_not_known(
    runs: dict[str, list[Noted]], monkeypatch: pytest.MonkeyPatch
) -> None:
    ran(EXIT, lambda system: NotingEmulator(system, runs), monkeypatch)
    with pytest.raises(ProgramError, match="no emulator is installed"):
        ran(STORE + EXIT, lambda system: Playback(system, runs), monkeypatch)
