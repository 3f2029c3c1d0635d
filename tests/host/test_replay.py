"""What a replay does with what a log tells, and with what it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from vmlab import MiB
from vmlab.errors import UsageError
from vmlab.host import replay
from vmlab.host.replay_steps import DIFFERS, NOT_REPLAYED, PLACED, SAME
from vmlab.host.replaying import Replay

BEGIN = """\
17 execve("/bin/x", ["x", "1"], 0x7ffd /* 3 vars */) = 0
17 brk(NULL) = 0x563200000000
17 mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000100000
"""
MAP = "mmap(NULL, 8192, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)"


def steps(lines: str) -> list[str]:
    return [step.status for step in replay(BEGIN + lines).steps[3:]]


def maps(found: Replay, pid: int = 17) -> list[str]:
    return found.machine[pid].maps().splitlines()


def test_a_program_lies_where_the_log_has_it() -> None:
    found = replay(BEGIN + "17 brk(0x563200021000) = 0x563200021000\n")
    assert [step.status for step in found.steps] == [SAME] * 4
    assert any(line.startswith("563200000000-563200021000") for line in maps(found))
    assert any(line.startswith("7f0000100000-7f0000102000") for line in maps(found))


def test_what_the_log_changes_was_there_before() -> None:
    found = replay(
        BEGIN
        + "17 mprotect(0x5631fff00000, 4096, PROT_READ) = 0\n"
        + "17 mprotect(0x7f0000140000, 8192, PROT_READ) = 0\n"
    )
    assert not found.differences
    assert any(line.startswith("5631fff00000-5631fff01000 r--p") for line in maps(found))
    assert any(line.startswith("7f0000140000-7f0000142000 r--p") for line in maps(found))


def test_an_address_that_the_model_would_not_choose_is_taken_and_told() -> None:
    found = replay(BEGIN + f"17 {MAP} = 0x7e0000000000\n")
    step = found.steps[-1]
    assert (step.status, step.log, step.model) == (PLACED, "0x7e0000000000", "0x7f00000fe000")
    assert step.call is not None
    logged = found.recorder.calls[step.call].logged
    assert logged is not None
    assert (logged.line, logged.own) == (4, 0x7F00000FE000)
    told = str(found.recorder.story(step.call).headline)
    assert "Line 4 of the log has it there; by itself it would be at 0x7f00000fe000." in told


def test_another_answer_is_marked_with_both() -> None:
    found = replay(BEGIN + "17 munmap(0x1001, 4096) = 0\n")
    (step,) = found.differences
    assert (step.line, step.log, step.model) == (4, "0", "-1 EINVAL")
    assert "Line 4: munmap: the log says 0, the model -1 EINVAL" in found.summary()
    assert step.call is not None
    assert "says something else: 0." in str(found.recorder.story(step.call).headline)


def test_what_failed_there_does_not_stay_here() -> None:
    found = replay(BEGIN + f"17 {MAP} = -1 ENOMEM (Cannot allocate memory)\n")
    assert [step.status for step in found.differences] == [DIFFERS]
    assert not any(line.startswith("7f00000fe000") for line in maps(found))


def test_what_has_no_effect_on_memory_is_left_out_and_told() -> None:
    found = replay(BEGIN + '17 write(1, "a", 1) = 1\n17 what_is_this(1) = 0\n')
    assert [step.why.code for step in found.steps[3:]] == ["no_effect_on_memory"] * 2
    assert "2 calls were not replayed: no effect on memory." in found.summary()


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (f"{MAP} = ?", "answer_untold"),
        (f"{MAP} = 0x7f00000fe000 (INJECTED)", "answer_injected"),
        ("mlockall(MCL_CURRENT) = ? ERESTARTSYS (To be restarted)", "call_restarted"),
        ("mprotect(0x1000, 4096, PROT_WHAT) = 0", "at_field"),
        ("mprotect(0x1000) = 0", "argument_count"),
        ("clone3(0x7ffc, 88) = 18", "flags_untold"),
        ("fork( <unfinished ...>", "child_unmade"),
    ],
)
def test_nothing_is_guessed(line: str, code: str) -> None:
    step = replay(BEGIN + f"17 {line}\n").steps[-1]
    assert (step.status, step.why.code) == (NOT_REPLAYED, code)


def test_files_have_the_sizes_of_the_log_and_descriptors_their_numbers() -> None:
    found = replay(
        BEGIN
        + '17 openat(AT_FDCWD, "/lib/a.so", O_RDONLY|O_CLOEXEC) = 5\n'
        + "17 fstat(5, {st_mode=S_IFREG|0644, st_size=10000, ...}) = 0\n"
        + "17 mmap(NULL, 16384, PROT_READ, MAP_PRIVATE, 5, 0) = 0x7f00000fc000\n"
        + '17 openat(AT_FDCWD, "/etc/unmapped", O_RDONLY) = 6\n'
    )
    assert [step.status for step in found.steps[3:]] == [SAME, NOT_REPLAYED, SAME, NOT_REPLAYED]
    assert len(found.machine.fs.read("/lib/a.so")) == 10000
    assert 5 in (found.machine[17].task.files.fd if found.machine[17].task.files else {})
    assert maps(found)[-7].endswith("/lib/a.so")


def test_a_file_of_which_the_log_tells_only_the_descriptor() -> None:
    assert steps("17 mmap(NULL, 4096, PROT_READ, MAP_SHARED, 9, 0) = 0x7f00000ff000\n") == [SAME]


def test_children_have_the_numbers_of_the_log_and_a_memory_of_their_own() -> None:
    found = replay(
        BEGIN
        + "17 clone(child_stack=NULL, flags=SIGCHLD, child_tidptr=0x7f0) = 4711\n"
        + "4711 munmap(0x7f0000100000, 8192) = 0\n"
        + "17 vfork( <unfinished ...>\n"
        + '4712 execve("/bin/y", ["y"], 0x7ffd /* 3 vars */) = 0\n'
        + "4712 brk(NULL) = 0x560000000000\n"
        + "17 <... vfork resumed>) = 4712\n"
        + "4711 exit_group(3) = ?\n4711 +++ exited with 3 +++\n"
        + "17 wait4(4711, [{WIFEXITED(s) && WEXITSTATUS(s) == 3}], 0, NULL) = 4711\n"
    )
    assert not found.differences
    assert sorted(found.machine.processes) == [17, 4712]
    assert any(line.startswith("7f0000100000") for line in maps(found))
    assert not any(line.startswith("7f0000100000") for line in maps(found, 4712))


def test_a_parent_goes_on_whose_vfork_child_is_not_in_the_log() -> None:
    assert steps(f"17 vfork() = 4712\n17 {MAP} = 0x7f00000fe000\n") == [SAME, SAME]


def test_threads_share_their_memory() -> None:
    found = replay(
        BEGIN
        + "17 clone3({flags=CLONE_VM|CLONE_FS|CLONE_FILES|CLONE_SIGHAND|CLONE_THREAD, "
        + "exit_signal=0, stack=0x7f0000100000, stack_size=0x1000} => {parent_tid=[0]}, 88) = 18\n"
        + f"18 {MAP} = 0x7f00000fe000\n17 munmap(0x7f00000fe000, 8192) = 0\n18 exit(0) = ?\n"
    )
    assert not found.differences
    assert sorted(found.machine.processes) == [17]


def test_a_log_may_begin_in_the_middle_of_a_program() -> None:
    found = replay(
        f"17 {MAP} = 0x7f0000200000\n18 madvise(0x7f0000100000, 4096, MADV_DONTNEED) = 0\n"
        "18 brk(0x5600) = 0x563200000000\n"
    )
    assert [step.status for step in found.steps[:2]] == [SAME, SAME]
    assert found.machine[18].mm is found.machine[17].mm


def test_a_process_that_a_signal_killed_is_dead() -> None:
    found = replay(BEGIN + "17 --- SIGTERM {si_signo=SIGTERM} ---\n17 +++ killed by SIGTERM +++\n")
    assert 17 not in found.machine.processes


def test_no_file_is_opened_because_a_log_names_it(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret")
    lines = (
        f'17 openat(AT_FDCWD, "{secret}", O_RDONLY) = 3\n'
        "17 mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 3, 0) = 0x7f00000ff000\n"
    )
    found = replay(BEGIN + lines)
    assert found.machine.fs.read(str(secret)) == bytes(4096)


def test_contents_come_from_a_folder_that_is_named_and_only_from_there(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "lib").mkdir(parents=True)
    (root / "lib" / "a").write_bytes(b"inside")
    (tmp_path / "outside").write_bytes(b"outside")
    (root / "lib" / "b").symlink_to(tmp_path / "outside")
    lines = "".join(
        f'17 openat(AT_FDCWD, "{path}", O_RDONLY) = {fd}\n'
        f"17 mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, {fd}, 0) = {0x7F0000100000 - 4096 * fd:#x}\n"
        for fd, path in enumerate(("/lib/a", "/lib/b", "/../outside"), 3)
    )
    found = replay(BEGIN + lines, imports=root)
    assert found.machine.fs.read("/lib/a")[:6] == b"inside"
    assert found.machine.fs.read("/lib/b") == bytes(4096)
    assert found.machine.fs.read("/outside") == bytes(4096)


def test_the_folder_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        replay(BEGIN, imports=tmp_path / "none")


@pytest.mark.parametrize(
    "lines",
    [
        '17 execve("/proc/1/mem", ["x"], 0x7ffd) = 0\n',
        '17 execve("/dev/null/x", ["x"], 0x7ffd) = 0\n17 brk(NULL) = 0x1\n',
        '17 execve("a\\0b", ["x"], 0x7ffd) = 0\n17 brk(NULL) = 0xffffffffffffffffffff\n',
        "17 mmap(NULL, -1, 3, 0x22, -1, 0) = -7\n17 munmap(-5, -6) = 0\n",
        "17 mprotect(0x1000, 140737488355328, PROT_READ) = 0\n",
        "17 clone(child_stack=NULL, flags=SIGCHLD) = 99999999999999999999\n",
        "17 mmap(NULL, 4096, PROT_READ, MAP_SHARED, 4</../../x>, 0x7ffffffffffff000) = 0x7f0\n",
        f"17 mmap(NULL, {1 << 45}, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_POPULATE, -1, 0) = 0\n",
    ],
)
def test_a_hostile_log_does_no_harm(lines: str) -> None:
    assert replay(BEGIN + lines).steps
    assert replay(lines).steps


def test_a_part_of_it_is_a_recording_of_its_own() -> None:
    found = replay(BEGIN + f"17 {MAP} = 0x7f00000fe000\n17 munmap(0x7f00000fe000, 8192) = 0\n")
    part = found.part(4, 4)
    assert [call.name for call in part.calls] == ["mmap"]
    whole = found.recorder
    assert part.start == whole.snapshot(whole.calls[-2].first - 1)
    assert part.snapshot(len(part) - 1) == whole.snapshot(whole.calls[-1].first - 1)


def test_shared_memory_of_system_v() -> None:
    assert steps(
        f"17 shmget(IPC_PRIVATE, {MiB}, IPC_CREAT|0600) = 98304\n"
        "17 shmat(98304, NULL, 0) = 0x7effffe00000\n17 shmdt(0x7effffe00000) = 0\n"
    ) == [SAME, SAME, SAME]


def test_page_faults_of_perf_are_loads() -> None:
    found = replay(
        "     0.1 ( 0.1 ms): t/15 execve(filename: 0x1)            = 0\n"
        "     0.5 ( 0.1 ms): t/15 brk()                            = 0x55dfdfddd000\n"
        "     1.1 ( 0.1 ms): t/15 mmap(len: 8192, prot: READ|WRITE, flags: PRIVATE|ANONYMOUS) "
        "= 0x7f0000100000\n"
        "     1.2 ( 0.0 ms): t/15 minfault [f+0x0] => //anon@0x7f0000101008 (d.)\n"
        "     1.3 ( 0.0 ms): t/15 minfault [f+0x0] => //anon@0x7e0000101008 (d.)\n"
    )
    assert [step.status for step in found.steps] == [SAME, SAME, SAME, SAME, NOT_REPLAYED]
    assert found.recorder.calls[-1].name == "load"
