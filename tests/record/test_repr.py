"""What a cell shows of an object is short, and the same on every run."""

import pytest

from vmlab import Machine, MiB, Recorder


def objects() -> dict[str, object]:
    machine = Machine(ram=4 * MiB)
    process = machine.spawn()
    recorder = Recorder(machine)
    process.store(process.mmap(None, 4096, 3, 0x22), b"!")
    task, vma = process.task, list(process.mm)[-1]
    return {
        "machine": machine,
        "system": machine.system,
        "fs": machine.fs,
        "trace": machine.system.trace,
        "cpu": machine.system.cpu,
        "tlb": machine.system.tlb,
        "ram": machine.system.ram,
        "process": process,
        "task": task,
        "files": task.files,
        "file": task.files.fd[0] if task.files else None,
        "inode": task.files.fd[0].f_inode if task.files else None,
        "vmacache": task.vmacache,
        "mm": process.mm,
        "mm_rb": process.mm.mm_rb,
        "vma": vma,
        "anon_vma_chain": next(v for v in process.mm if v.anon_vma_chain).anon_vma_chain[0],
        "snapshot": machine.snapshot(),
        "recorder": recorder,
        "steps": recorder.steps,
        "step": recorder.steps[0],
        "call": recorder.calls[0],
    }


@pytest.mark.parametrize("name", objects())
def test_no_address_of_the_host_and_no_page_of_text(name: str) -> None:
    text = repr(objects()[name])
    assert text == repr(objects()[name])
    assert " at 0x" not in text
    assert len(text) < 400


def test_a_process_that_was_waited_for_is_not_counted() -> None:
    machine = Machine(ram=4 * MiB)
    parent = machine.spawn()
    parent.fork().exit()
    assert repr(machine) == "<Machine 4 MiB, 2 processes>"
    parent.wait()
    assert repr(machine) == "<Machine 4 MiB, 1 process>"
