"""What running a program costs: python -m benchmarks.programs

The same program, compiled once by the C compiler of the host, runs on the model and on the host
itself; its loop without faults runs on plain Unicorn too. All are measured in turns in one process,
by the time of the CPU, and the best turn of each counts, so that a busy host weighs on all alike.

The goals: a loop runs at least 100 million instructions per second; a page fault that nobody
records takes at most 60 us, a system call less than 50 us; stepping with a recorder costs the same
beside a large heap as beside a small one.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from unicorn import UC_ARCH_X86, UC_MODE_64, Uc, x86_const

from vmlab import Machine, MiB, Recorder, build

TURNS = 5
LOOP = "4801d8 4831c2 4883c303 ffc9 75f2"  # add, xor, add, dec, jnz: as in SOURCE
LOOP_LENGTH = 5  # instructions
SOURCE = r"""
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    int n = argc > 2 ? atoi(argv[2]) : 0;
    char what = argc > 1 ? argv[1][0] : 0;
    if (what == 'l') {
        __asm__ volatile("1: add %%rbx, %%rax; xor %%rax, %%rdx; add $3, %%rbx; dec %%ecx; jnz 1b"
                         : "+c"(n) : : "rax", "rbx", "rdx", "cc");
    } else if (what == 'c') {
        while (n--)
            syscall(SYS_getpid);
    } else if (what == 'f') {
        char *p = mmap(0, n * 4096L, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        while (n--)
            p[n * 4096L] = 1;
    } else if (what == 'h') {
        char *p = malloc(n * 4096L);
        for (int i = 0; i < n; i++)
            p[i * 4096L] = 1;
        volatile int sum = 0;
        for (int i = 0; i < 1000000; i++)
            sum += i;
    }
    return 0;
}
"""
PROGRAM = build(SOURCE, options=["-static"], name="costs")


def seconds(action: Callable[[], object]) -> float:
    """Return how much time of the CPU something takes."""
    start = time.process_time()
    action()
    return time.process_time() - start


def on_model(what: str, count: int) -> float:
    """Run the program on a machine, from main on; return the seconds."""
    process = PROGRAM.spawn(Machine(ram=256 * MiB), [what, what, str(count)])
    return seconds(process.run)


def on_host(path: Path, what: str, count: int) -> float:
    """Run the program on the host; return the seconds of the CPU."""

    def used() -> float:
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    before = used()
    subprocess.run([path, what, str(count)], check=True)
    return used() - before


def on_unicorn(count: int) -> float:
    """Run the loop on an emulator that has nothing else to do; return the seconds."""
    code = bytes.fromhex(LOOP)
    uc = Uc(UC_ARCH_X86, UC_MODE_64)
    uc.mem_map(0x1000, 0x1000)
    uc.mem_write(0x1000, code)
    uc.reg_write(x86_const.UC_X86_REG_RCX, count)
    return seconds(lambda: uc.emu_start(0x1000, 0x1000 + len(code)))


def best(measure: Callable[[int], float], count: int) -> float:
    """Return the seconds of one of what is done `count` times, without what is done once."""
    return min(measure(count) - measure(1) for _ in range(TURNS)) / count


def slices(instructions: int) -> float:
    """Return the seconds of a run that is cut to so many instructions."""
    process = PROGRAM.spawn(Machine(), ["h", "h", "1"])
    process.run("syscall")
    return seconds(lambda: [process.run(instructions=instructions) for _ in range(5)]) / 5


def stepping(pages: int, lines: int) -> float:
    """Return the seconds in which a recorder takes some lines, beside a heap of some pages."""
    machine = Machine(ram=256 * MiB)
    process = PROGRAM.spawn(machine, ["h", "h", str(pages)])
    loop = next(n for n, line in enumerate(SOURCE.splitlines(), 1) if "sum += i" in line)
    process.run(loop)
    with Recorder(machine):
        return seconds(lambda: [process.run("line") for _ in range(lines)])


def main() -> int:
    """Print the figures; the exit status says whether the goals are met."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "costs"
        path.write_bytes(PROGRAM.elf)
        path.chmod(0o755)
        loop = best(lambda n: on_model("l", n), 40_000_000) / LOOP_LENGTH
        plain = best(on_unicorn, 40_000_000) / LOOP_LENGTH
        host = best(lambda n: on_host(path, "l", n), 400_000_000) / LOOP_LENGTH
        fault, call = (best(lambda n, w=what: on_model(w, n), 10_000) for what in "fc")
        host_fault = best(lambda n: on_host(path, "f", n), 100_000)
        host_call = best(lambda n: on_host(path, "c", n), 1_000_000)
    print("loop, instructions/s, goal: at least 100 M")
    for name, taken in {"vmlab": loop, "plain Unicorn": plain, "the host": host}.items():
        print(f"  {name + ':':<19} {1 / taken / 1e6:>8.0f} M   {loop / taken:.1f} times as fast")
    for what, ours, theirs in (("page fault", fault, host_fault), ("system call", call, host_call)):
        print(f"{what + ':':<21} {ours * 1e6:>8.1f} us  {ours / theirs:.0f} times the host's")
    for instructions in (1_000, 1_000_000):
        name = f"run({instructions:,}):"
        print(f"{name:<21} {slices(instructions) * 1e3:>8.2f} ms")
    small, large = (stepping(pages, 1000) for pages in (16, 64 * MiB // 4096))
    print(f"1,000 recorded lines: {small:>8.2f} s   beside a heap of 64 KiB")
    print(f"                      {large:>8.2f} s   beside one of 64 MiB")
    return 0 if loop < 1e-8 and fault <= 60e-6 and call < 50e-6 and large < 2 * small else 1


if __name__ == "__main__":
    sys.exit(main())
