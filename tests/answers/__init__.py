"""Short programs and what Linux 6.18 answered to them, step by step.

A program is a list of steps. A step is a list: a name, then numbers, or texts where a call takes
one.

- the name of a system call, with its arguments; the answer is the result, or -errno.
- `store`, `load`: address and a byte, or an address; a third number repeats it page by page.
- `fork`: a list of steps. A child does them and ends, while its parent waits; so does one of
  `clone` whose last argument is a list.
- `process_vm_readv`, `process_vm_writev`: where a text stands for the pid, it is the first process.
- `maps` (only segments of shared memory), `smaps` (with an address), `smaps_rollup`, `status`,
  `statm`: what /proc/self says.
- `bytes`: an address and how many; what memory holds there, in hexadecimal.
- `word`: an address; the number in the 4 bytes there, or `tid` if it could be that of a task.
- `pagemap`: an address; its 64 bits, without the frame's number.
- `mem_read`, `mem_write`: address and number of bytes, or address, byte and number, through
  /proc/self/mem; the answer is the bytes in hexadecimal, or how many were written.
- `committed`: Committed_AS in pages, less what it is when a program first asks. Calls of others
  change it too: a program is tried until it has the same answers again.
- `overcommit`: vm.overcommit_memory while the program runs, as its first step; 2 lets it
  promise `HEADROOM` bytes more.
- `clear_refs`: what to write to /proc/self/clear_refs, the answer 0 or -errno.

Of files there are those of `program.FILES`, on a tmpfs, the same for each program.

`python -m tests.answers` records the answers of the kernel of this machine in `data/`; the programs
of a family are made by the file of its name. `tests/test_answers.py` replays them on the model.
"""
