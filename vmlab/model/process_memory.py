"""The calls of a process that are about its address space."""

from __future__ import annotations

from vmlab.model.abi.mman import MAP_ANONYMOUS
from vmlab.model.linux.mm.madvise import do_madvise
from vmlab.model.linux.mm.mincore import do_mincore
from vmlab.model.linux.mm.mlock import do_mlock, do_munlock, mlock2, mlockall, munlockall
from vmlab.model.linux.mm.mmap import do_brk, ksys_mmap_pgoff
from vmlab.model.linux.mm.mprotect import do_mprotect
from vmlab.model.linux.mm.mremap import do_mremap
from vmlab.model.linux.mm.mseal import do_mseal
from vmlab.model.linux.mm.msync import do_msync
from vmlab.model.linux.mm.remap_file_pages import remap_file_pages
from vmlab.model.linux.mm.vma_munmap import do_munmap
from vmlab.model.user_mode import UserMode


class MemoryCalls(UserMode):
    """mmap and its kin. All addresses and lengths are bytes."""

    def mmap(
        self,
        addr: int | None,
        length: int,
        prot: int,
        flags: int,
        fd: int = -1,
        offset: int = 0,
    ) -> int:
        """Map memory or a file; see mmap(2).

        Args:
            addr: where it should go, in bytes: a hint, or with MAP_FIXED the place itself; 0 or
                None = anywhere.
            length: bytes, rounded up to whole pages.
            prot: PROT_* bits.
            flags: MAP_* bits, MAP_SHARED or MAP_PRIVATE among them.
            fd: descriptor of the file; of no account with MAP_ANONYMOUS.
            offset: where in the file the mapping begins, in bytes, page aligned.

        Returns:
            The address of the mapping.

        Raises:
            LinuxError: EINVAL for a length of 0, an unaligned offset or fixed address, neither
                MAP_SHARED nor MAP_PRIVATE; EBADF for a descriptor that is not open; EACCES if the
                file was not opened for this; ENODEV if it cannot be mapped; EPERM if it may not be
                executed, is sealed against writing, or a sealed mapping is in the way; EEXIST for
                MAP_FIXED_NOREPLACE where something is mapped; EOVERFLOW beyond the largest file;
                EOPNOTSUPP for MAP_SHARED_VALIDATE with an unknown flag; ENOMEM if nothing fits, or
                a limit is hit.

        Source: mm/mmap.c: ksys_mmap_pgoff() [v5.4].
        """
        addr = 0 if addr is None else addr

        def map_it(addr: int, length: int, prot: int, flags: int, fd: int, offset: int) -> int:
            files = self.task.files
            file = files.fd.get(fd) if files is not None and not flags & MAP_ANONYMOUS else None
            return ksys_mmap_pgoff(self.mm, file, addr, length, prot, flags, offset)

        return self._syscall("mmap", (addr, length, prot, flags, fd, offset), map_it)

    def munmap(self, addr: int, length: int) -> None:
        """Unmap whatever lies in a range; see munmap(2).

        Args:
            addr: where the range begins, in bytes, page aligned.
            length: bytes, rounded up to whole pages.

        Raises:
            LinuxError: EINVAL if the address is unaligned, the length is 0, the range leaves user
                space or cuts [vdso]; EPERM at a sealed mapping; ENOMEM if a hole would make more
                mappings than max_map_count.

        Source: mm/mmap.c: SYSCALL_DEFINE2(munmap) [v5.4].
        """
        self._syscall(
            "munmap",
            (addr, length),
            lambda addr, length: do_munmap(self.mm, addr, length),
        )

    def mprotect(self, addr: int, length: int, prot: int) -> None:
        """Change the rights of a range; see mprotect(2).

        Args:
            addr: where the range begins, in bytes, page aligned.
            length: bytes, rounded up to whole pages.
            prot: PROT_* bits.

        Raises:
            LinuxError: EINVAL if the address is unaligned or a bit is unknown; ENOMEM at a hole
                or a limit; EACCES if a file was not opened for this; EPERM at a sealed mapping.
                What was changed before stays changed.

        Source: mm/mprotect.c: SYSCALL_DEFINE3(mprotect) [v5.4].
        """
        self._syscall(
            "mprotect",
            (addr, length, prot),
            lambda addr, length, prot: do_mprotect(self.mm, addr, length, prot),
        )

    def mremap(
        self,
        old_address: int,
        old_size: int,
        new_size: int,
        flags: int = 0,
        new_address: int = 0,
    ) -> int:
        """Resize or move a mapping; see mremap(2).

        Args:
            old_address: where it is, in bytes, page aligned.
            old_size: bytes, rounded up to whole pages; 0 = make a second mapping of a shared one.
            new_size: bytes, rounded up to whole pages.
            flags: MREMAP_* bits.
            new_address: where it goes with MREMAP_FIXED; a hint with MREMAP_DONTUNMAP.

        Returns:
            Its address now.

        Raises:
            LinuxError: EINVAL for unknown flags or an impossible range; EFAULT if nothing is
                mapped there; ENOMEM if it may not move and cannot grow, or a limit is hit; EPERM
                at a sealed mapping.

        Source: mm/mremap.c: SYSCALL_DEFINE5(mremap) [v5.4].
        """
        return self._syscall(
            "mremap",
            (old_address, old_size, new_size, flags, new_address),
            lambda old_address, old_size, new_size, flags, new_address: do_mremap(
                self.mm,
                old_address,
                old_size,
                new_size,
                flags,
                new_address,
            ),
        )

    def remap_file_pages(
        self, addr: int, size: int, prot: int = 0, pgoff: int = 0, flags: int = 0
    ) -> None:
        """Show other pages of a file in a part of its shared mapping; see remap_file_pages(2).

        Args:
            addr: where the part begins, in bytes, rounded down to its page.
            size: bytes, rounded down to whole pages.
            prot: must be 0: the rights stay.
            pgoff: which page of the file comes first there.
            flags: MAP_NONBLOCK brings no page in; others do not count.

        Raises:
            LinuxError: EINVAL for `prot`, an empty range, and where it is not a shared mapping of
                one file that may be written; as mmap.

        Source: mm/mmap.c: SYSCALL_DEFINE5(remap_file_pages) [v6.18].
        """
        self._syscall(
            "remap_file_pages",
            (addr, size, prot, pgoff, flags),
            lambda *args: remap_file_pages(self.mm, *args),
        )

    def brk(self, addr: int) -> int:
        """Move the end of the heap; see brk(2).

        Args:
            addr: where it is to end, in bytes; 0 only asks.

        Returns:
            Where it ends now, which is where it ended before if it cannot be moved.

        Raises:
            LinuxError: never: the kernel's brk does not fail.

        Source: mm/mmap.c: SYSCALL_DEFINE1(brk) [v5.4].
        """
        return self._syscall("brk", (addr,), lambda addr: do_brk(self.mm, addr))

    def madvise(self, addr: int, length: int, advice: int) -> None:
        """Give advice about a range; see madvise(2).

        Args:
            addr: where the range begins, in bytes, page aligned.
            length: bytes, rounded up to whole pages.
            advice: one of MADV_*.

        Raises:
            LinuxError: EINVAL for unknown advice, an unaligned address, a mapping that it does
                not fit; ENOMEM if parts of the range are not mapped (the rest was done); EACCES
                and EPERM if a mapping may not be changed; EFAULT if it cannot be populated;
                EAGAIN if a split would exceed max_map_count.

        Source: mm/madvise.c: SYSCALL_DEFINE3(madvise) [v5.4].
        """
        self._syscall(
            "madvise",
            (addr, length, advice),
            lambda addr, length, advice: do_madvise(self.mm, addr, length, advice),
        )

    def msync(self, addr: int, length: int, flags: int) -> None:
        """Write a mapped file back; see msync(2).

        Args:
            addr: where the range begins, in bytes, page aligned.
            length: bytes, rounded up to whole pages.
            flags: MS_* bits.

        Raises:
            LinuxError: EINVAL for flags or an unaligned address; ENOMEM at a hole; EBUSY for
                MS_INVALIDATE on locked memory.

        Source: mm/msync.c: SYSCALL_DEFINE3(msync) [v5.4].
        """
        self._syscall(
            "msync",
            (addr, length, flags),
            lambda addr, length, flags: do_msync(self.mm, addr, length, flags),
        )

    def mlock(self, addr: int, length: int) -> None:
        """Lock a range into memory; see mlock(2).

        Args:
            addr: where the range begins, in bytes, rounded down to its page.
            length: bytes, rounded up to whole pages.

        Raises:
            LinuxError: EINVAL if the range wraps around; ENOMEM at a hole, or where a page cannot
                be brought in (what comes before stays locked); EAGAIN without memory.

        Source: mm/mlock.c: SYSCALL_DEFINE2(mlock) [v5.4].
        """
        self._syscall("mlock", (addr, length), lambda addr, length: do_mlock(self.mm, addr, length))

    def mlock2(self, addr: int, length: int, flags: int) -> None:
        """Lock a range into memory, now or page by page as it is touched; see mlock2(2).

        Args:
            addr: where the range begins, in bytes, rounded down to its page.
            length: bytes, rounded up to whole pages.
            flags: MLOCK_ONFAULT brings no page in; 0 = as mlock.

        Raises:
            LinuxError: EINVAL for unknown flags; as mlock.

        Source: mm/mlock.c: SYSCALL_DEFINE3(mlock2) [v5.4].
        """
        self._syscall(
            "mlock2",
            (addr, length, flags),
            lambda addr, length, flags: mlock2(self.mm, addr, length, flags),
        )

    def munlock(self, addr: int, length: int) -> None:
        """Unlock a range; see munlock(2).

        Args:
            addr: where the range begins, in bytes, rounded down to its page.
            length: bytes, rounded up to whole pages.

        Raises:
            LinuxError: EINVAL if the range wraps around; ENOMEM at a hole.

        Source: mm/mlock.c: SYSCALL_DEFINE2(munlock) [v5.4].
        """
        self._syscall(
            "munlock",
            (addr, length),
            lambda addr, length: do_munlock(self.mm, addr, length),
        )

    def mlockall(self, flags: int) -> None:
        """Lock all that is mapped, all that will be mapped, or both; see mlockall(2).

        A child of fork has nothing locked; execve unlocks.

        Args:
            flags: MCL_CURRENT, MCL_FUTURE or both; with MCL_ONFAULT no page is brought in.

        Raises:
            LinuxError: EINVAL for unknown flags, or none of the two.

        Source: mm/mlock.c: SYSCALL_DEFINE1(mlockall) [v5.4].
        """
        self._syscall("mlockall", (flags,), lambda flags: mlockall(self.mm, flags))

    def munlockall(self) -> None:
        """Unlock all that is mapped, and lock nothing that will be; see munlockall(2).

        Raises:
            LinuxError: never.

        Source: mm/mlock.c: SYSCALL_DEFINE0(munlockall) [v5.4].
        """
        self._syscall("munlockall", (), lambda: munlockall(self.mm))

    def mincore(self, addr: int, length: int, vec: int | None = None) -> bytes:
        """Tell which pages of a range are in memory; see mincore(2).

        Args:
            addr: where the range begins, in bytes, page aligned.
            length: bytes, rounded up to whole pages.
            vec: where in user memory the answer is stored; None = it is only returned.

        Returns:
            A byte for each page, 1 if it is in memory.

        Raises:
            LinuxError: EINVAL for an unaligned address; ENOMEM past user space or at a hole (what
                comes before has been stored); EFAULT if the answer cannot be stored, or is only
                returned and has more than 2**20 bytes.

        Source: mm/mincore.c: SYSCALL_DEFINE3(mincore) [v5.4].
        """
        return self._syscall(
            "mincore",
            (addr, length, vec),
            lambda addr, length, vec: do_mincore(self.task, addr, length, vec),
        )

    def mseal(self, addr: int, length: int, flags: int = 0) -> None:
        """Make the mappings of a range unchangeable; see mseal(2).

        Args:
            addr: where the range begins, in bytes, page aligned.
            length: bytes, rounded up to whole pages.
            flags: none are known.

        Raises:
            LinuxError: EINVAL for flags, an unaligned address or a range that wraps around;
                ENOMEM at a hole.

        Source: mm/mseal.c: SYSCALL_DEFINE3(mseal) [v6.18].
        """
        self._syscall(
            "mseal",
            (addr, length, flags),
            lambda addr, length, flags: do_mseal(self.mm, addr, length, flags),
        )
