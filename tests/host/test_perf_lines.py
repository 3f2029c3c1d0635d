"""Lines of perf trace."""

from vmlab.host.strace_lines import LogCall, LogFault
from vmlab.host.strace_log import read_strace

LOG = """\
         ? (         ): t/15  ... [continued]: execve())                     = 0
     0.508 ( 0.016 ms): t/15 brk()                                           = 0x55dfdfddd000
     0.600 ( 0.000 ms): t/15 minfault [_start+0x0] => /usr/lib/ld.so@0x1ab70 (d.)
     0.973 ( 0.000 ms): t/15 majfault [copy+0x51] => //anon@0x7f899b480000 (d.)
     0.999 ( 0.000 ms): t/15 minfault [elf_load+0x28a] => 0x558d71ff81e0 (?k)
     1.198 ( 0.024 ms): t/15 mmap(len: 8192, prot: READ|WRITE, flags: PRIVATE|ANONYMOUS) = 0x7f00
     1.382 ( 0.020 ms): t/15 mmap(len: 4096, prot: READ, flags: PRIVATE, fd: 3) = 0x7f01000
     2.565 ( 0.025 ms): t/15 mprotect(start: 0x7f91cefbe000, len: 16384, prot: READ) = 0
     3.000 ( 0.010 ms): t/15 madvise(start: 0x1000, len_in: 4096, behavior: DONTNEED) = -1 ENOMEM
     4.000 (         ): t/15 exit_group()                                    = ?
"""


def test_calls_have_their_arguments_as_in_strace() -> None:
    log = read_strace(LOG)
    assert not log.unread
    calls = {call.line: call for call in log.calls}
    assert [value.text for value in calls[6].args] == [
        *("0", "8192", "PROT_READ|PROT_WRITE", "MAP_PRIVATE|MAP_ANONYMOUS", "-1", "0")
    ]
    assert calls[7].args[4].number == 3
    assert [value.text for value in calls[8].args] == ["0x7f91cefbe000", "16384", "PROT_READ"]
    assert (calls[9].args[2].text, calls[9].errno) == ("MADV_DONTNEED", "ENOMEM")
    assert (calls[2].pid, calls[2].result, calls[2].duration) == (15, 0x55DFDFDDD000, "0.000016")
    assert isinstance(calls[10], LogCall)


def test_faults_have_an_address_or_a_place_in_a_file() -> None:
    faults = [each for each in read_strace(LOG).entries if isinstance(each, LogFault)]
    assert [(fault.addr, fault.path) for fault in faults] == [
        (0x1AB70, "/usr/lib/ld.so"),
        (0x7F899B480000, ""),
        (0x558D71FF81E0, ""),
    ]
