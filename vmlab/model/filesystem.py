"""The machine's files, as the owner of the machine uses them: of its disk, and in memory."""

from __future__ import annotations

import errno as host_errno
import stat
from collections.abc import Iterator
from pathlib import Path

from vmlab.errors import LinuxError
from vmlab.model import arguments
from vmlab.model.abi import errno
from vmlab.model.abi.stat import S_IRWXUGO, S_ISVTX
from vmlab.model.linux.fs.ext4.file import ext4_release_file
from vmlab.model.linux.fs.ext4.inode import ext4_writepages
from vmlab.model.linux.fs.inode import alloc_inode
from vmlab.model.linux.fs.namei import check_name, getname, lowest_above, mount_of, path_walk
from vmlab.model.linux.fs.namei_create import add_link, make_symlink
from vmlab.model.linux.fs.namei_remove import remove_link
from vmlab.model.linux.fs.open import do_truncate
from vmlab.model.linux.fs.proc.generic import proc_mount
from vmlab.model.linux.fs.sync import ksys_sync
from vmlab.model.linux.include.fs import (
    DEV_DEVTMPFS,
    DEV_DISK,
    DEV_TMPFS,
    NULL_DEV,
    RANDOM_DEV,
    S_IFCHR,
    S_IFDIR,
    S_IFLNK,
    S_IFREG,
    TTY_DEV,
    URANDOM_DEV,
    ZERO_DEV,
    on_disk,
)
from vmlab.model.linux.include.structs import Inode, System
from vmlab.model.linux.lib.percpu_counter import percpu_counter_sync
from vmlab.model.linux.mm.filemap import read_pages
from vmlab.model.linux.mm.filemap_write import write_pages
from vmlab.model.linux.mm.shmem_acct import shmem_acct_blocks, shmem_unacct_blocks
from vmlab.model.mmu.page import PAGE_SIZE
from vmlab.model.trace.decorators import announced
from vmlab.model.trace.hook import Trace

_TMP = "/tmp"
_DEVICES = {"/dev/tty": TTY_DEV, "/dev/random": RANDOM_DEV, "/dev/urandom": URANDOM_DEV}


def _make_device(system: System, path: str, device: int) -> None:
    inode = system.namei[path] = alloc_inode(system, S_IFCHR, path, DEV_DEVTMPFS)
    inode.i_rdev = device


def check_path(path: str) -> None:
    """Check that a path can be the name of a file: absolute, with neither '.' nor '..' in it.

    Raises:
        LinuxError: EINVAL, ENAMETOOLONG.
    """
    getname(path)
    if not path.startswith("/"):
        raise LinuxError(errno.EINVAL, "path_not_absolute", path=path)
    for name in path[1:].split("/"):
        if name in ("", ".", ".."):
            raise LinuxError(errno.EINVAL, "path_has_part", path=path, name=name)
        check_name(name)


class Filesystem:
    """Files by absolute path. Their data is their page cache: it takes frames of RAM.

    They are files of an ext4, but for those below /dev/shm and where `mount_tmpfs` says.
    """

    def __init__(self, system: System) -> None:
        self._show(system)
        for path, dev in (("/", DEV_DISK), ("/dev", DEV_DEVTMPFS)):
            system.namei[path] = alloc_inode(system, S_IFDIR, path, dev)
        for path, device in (("/dev/null", NULL_DEV), ("/dev/zero", ZERO_DEV)):
            _make_device(system, path, device)
        shm = system.namei["/dev/shm"] = alloc_inode(system, S_IFDIR, "/dev/shm", DEV_TMPFS)
        shm.i_mode = S_IRWXUGO | S_ISVTX

    def _show(self, system: System) -> None:
        # From now on these are the files of that kernel.
        self._system = system

    @property
    def _trace(self) -> Trace:
        # Where the machine's events go.
        return self._system.trace

    def __repr__(self) -> str:
        return f"<Filesystem {len(self._system.namei)} paths>"

    def __contains__(self, path: str) -> bool:
        arguments.text(path, "path")
        try:
            return bool(path) and path_walk(self._system, path)[1] is not None
        except LinuxError:
            return False

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._system.namei))

    def _file(self, path: str) -> Inode:
        arguments.text(path, "path")
        inode = self._system.namei.get(path)
        if inode is not None and inode.i_kind == S_IFLNK:
            inode = path_walk(self._system, path)[1]
        if inode is None:
            raise LinuxError(errno.ENOENT, "no_such_path", path=path)
        if inode.i_kind != S_IFREG:
            code = errno.EISDIR if inode.i_kind == S_IFDIR else errno.EINVAL
            raise LinuxError(code, "not_regular_file", path=path)
        return inode

    def kind(self, path: str) -> str:
        """Return what a path names: 'reg', 'dir', 'lnk', 'fifo', 'chr', 'blk' or 'sock'.

        Raises:
            LinuxError: ENOENT.
        """
        arguments.text(path, "path")
        inode = self._system.namei.get(path)
        if inode is None:
            raise LinuxError(errno.ENOENT, "no_such_path", path=path)
        return inode.i_kind

    @announced("fs.mkdir", arguments.text)
    def mkdir(self, path: str) -> None:
        """Make a directory, and those above it that are missing.

        Raises:
            LinuxError: EINVAL, ENAMETOOLONG, ENOTDIR.
        """
        if path and not path.strip("/"):
            return
        path = path.rstrip("/")
        check_path(path)
        parts = path[1:].split("/")
        for count in range(1, len(parts) + 1):
            name = "/" + "/".join(parts[:count])
            inode = self._system.namei.get(name)
            if inode is None:
                dev = mount_of(self._system, name)
                self._system.namei[name] = alloc_inode(self._system, S_IFDIR, name, dev)
            elif inode.i_kind != S_IFDIR:
                raise LinuxError(errno.ENOTDIR, "not_directory", path=name)

    @announced("fs.mount_tmpfs", arguments.text)
    def mount_tmpfs(self, path: str) -> None:
        """Let the files that are made below a directory from now on be files in memory.

        Args:
            path: the directory; it is made if it is missing.

        Raises:
            LinuxError: EBUSY if it holds something; as `mkdir`.
        """
        self.mkdir(path)
        path = "/" + path.strip("/")
        inside = path.rstrip("/") + "/"
        if any(name.startswith(inside) for name in self._system.namei):
            raise LinuxError(errno.EBUSY, "directory_not_empty", path=path)
        self._system.namei[path].dev = DEV_TMPFS

    @announced("fs.furnish")
    def furnish(self) -> None:
        """Make what programs of Linux expect to find, where it is missing.

        That is /proc, /tmp, /dev/tty, /dev/random and /dev/urandom. `Machine.spawn` does so for
        every program but the machine's own small one.
        """
        system = self._system
        for path, device in _DEVICES.items():
            if path not in system.namei:
                _make_device(system, path, device)
        if _TMP not in system.namei:
            inode = alloc_inode(system, S_IFDIR, _TMP, mount_of(system, _TMP))
            system.namei[_TMP] = inode
            inode.i_mode = S_IRWXUGO | S_ISVTX
        proc_mount(system)

    @announced("fs.sync")
    def sync(self) -> None:
        """Write the dirty pages of all files to the disk, as sync(2) does."""
        ksys_sync(self._system)

    def _make_above(self, path: str) -> None:
        # Make the directories that a file is to stand in.
        above = path.rsplit("/", 1)[0]
        if above:
            self.mkdir(above)

    def _check_free(self, path: str) -> None:
        # Check that a file can get this name, which it may take from another file.
        arguments.text(path, "path")
        check_path(path)
        for place, letter in enumerate(path):
            above = self._system.namei.get(path[:place]) if letter == "/" else None
            if above is not None and above.i_kind != S_IFDIR:
                raise LinuxError(errno.ENOTDIR, "not_directory", path=path[:place])
        if path in self._system.namei:
            self._file(path)

    def _check_room(self, path: str, dev: str, nr_bytes: int) -> None:
        # Check that a file can have these contents instead of those it has.
        system = self._system
        inode = system.namei.get(path) or Inode(0, S_IFREG, path, dev)
        there = len(inode.i_mapping.i_pages)
        free = len(system.free_frames) + system.ram.nr_frames - system.next_frame + there
        need = -(-nr_bytes // PAGE_SIZE)
        if need > free:
            raise LinuxError(errno.ENOSPC, "no_room_for_file", path=path, need=need, free=free)
        committed = system.vm_committed_as
        before = committed.count, committed.counters
        shmem_unacct_blocks(system, inode, there - need)
        percpu_counter_sync(committed)  # so that each page counts
        try:
            shmem_acct_blocks(system, inode, 0)
        finally:
            committed.count, committed.counters = before

    @announced("fs.write", arguments.text, arguments.data)
    def write(self, path: str, data: bytes, *, disk: bool | None = None) -> None:
        """Make a file with these contents, or give an existing one these contents.

        The pages of a new file of the disk are dirty until they are synced; those of a file that
        was there are written back at once, as closing it does.

        Args:
            path: absolute path.
            data: the contents.
            disk: make it a file of the disk, or (False) one in memory, wherever it lies.

        Raises:
            LinuxError: ENOSPC if there are not enough frames, or no more memory may be promised,
                and nothing changes; EISDIR, ENOTDIR, EINVAL,
                ENAMETOOLONG.
        """
        self._write(path, data, disk)

    def _write(self, path: str, data: bytes, disk: bool | None = None) -> Inode:
        self._check_free(path)
        data = bytes(data)  # whatever the shape of the buffer
        dev = mount_of(self._system, path) if disk is None else DEV_DISK if disk else DEV_TMPFS
        self._check_room(path, dev, len(data))
        if path not in self._system.namei:
            self._make_above(path)
            self._system.namei[path] = alloc_inode(self._system, S_IFREG, path, dev)
        else:
            do_truncate(self._system, self._file(path), 0)
        inode = self._file(path)
        percpu_counter_sync(self._system.vm_committed_as)  # as it was when that was checked
        if data:
            write_pages(self._system, inode.i_mapping, 0, data)
        if on_disk(inode):
            ext4_release_file(self._system, inode)
        return inode

    @announced("fs.install", arguments.text, arguments.data)
    def install(self, path: str, data: bytes) -> None:
        """Make a file that was there long ago: its pages are clean, if it is one of the disk.

        Raises:
            LinuxError: as `write`.
        """
        inode = self._write(path, data)
        if on_disk(inode):
            ext4_writepages(self._system, inode.i_mapping, 0, len(data))

    def read(self, path: str) -> bytes:
        """Return the contents of a file.

        Raises:
            LinuxError: ENOENT, EISDIR, EINVAL; EFBIG if there are more than 64 MiB of holes in it.
        """
        inode = self._file(path)
        holes = inode.i_size - len(inode.i_mapping.i_pages) * PAGE_SIZE
        if holes > arguments.MOST_AT_ONCE:
            raise LinuxError(errno.EFBIG, "holes_too_large_to_read", path=path, nr_bytes=holes)
        return read_pages(self._system, inode.i_mapping, 0, inode.i_size)

    @announced("fs.truncate", arguments.text, arguments.number)
    def truncate(self, path: str, length: int) -> None:
        """Give a file another length in bytes; growing makes a hole.

        Raises:
            LinuxError: ENOENT, EISDIR, EINVAL; EFBIG for a file of the disk.
        """
        if not 0 <= length < 1 << 63:
            raise LinuxError(errno.EINVAL, "length_negative")
        do_truncate(self._system, self._file(path), length)

    @announced("fs.link", arguments.text, arguments.text)
    def link(self, existing: str, new: str) -> None:
        """Give a file one more name; directories above the name that are missing are made.

        Raises:
            LinuxError: ENOENT, EISDIR, EINVAL if `existing` is no file; EEXIST if there is
                something named `new`; ENOTDIR, EINVAL, ENAMETOOLONG.
        """
        inode = self._file(existing)
        check_path(new)
        if new in self._system.namei:
            raise LinuxError(errno.EEXIST, "path_exists", path=new)
        self._make_above(new)
        add_link(self._system, inode, new)

    @announced("fs.symlink", arguments.text, arguments.text)
    def symlink(self, target: str, path: str) -> None:
        """Make a symbolic link; directories above it that are missing are made.

        Args:
            target: where it leads, which need not be there.
            path: absolute path of the link.

        Raises:
            LinuxError: EEXIST if there is something; ENOENT for an empty target; ENOTDIR, EINVAL,
                ENAMETOOLONG.
        """
        getname(target)
        check_path(path)
        if path in self._system.namei:
            raise LinuxError(errno.EEXIST, "path_exists", path=path)
        self._make_above(path)
        make_symlink(self._system, target, path, lowest_above(self._system, path))

    @announced("fs.unlink", arguments.text)
    def unlink(self, path: str) -> None:
        """Take the name of a file away; the file lives on while it is open or mapped.

        Raises:
            LinuxError: ENOENT, EISDIR, EINVAL.
        """
        inode = self._system.namei.get(path) if path else None
        if inode is None or inode.i_kind in (S_IFDIR, S_IFCHR):
            inode = self._file(path)
        remove_link(self._system, path, inode)

    def import_host(self, path: str, name: str | None = None) -> None:
        """Copy a file of the host in, under its own path or another; its pages are clean.

        If the path is a symbolic link, the file gets the name it has without links, and the path
        is a symbolic link here too. A file of the machine that has one of these names gets the new
        contents, or loses the name.

        Raises:
            LinuxError: ENOENT, EACCES, EISDIR from the host; EINVAL for what is no regular file;
                ENOSPC; ENOTDIR, EISDIR, EINVAL, ENAMETOOLONG for a name it cannot have here.
        """
        arguments.text(path, "path")
        if name is not None:
            arguments.text(name, "name")
        data, real = _host_file(path, self._system.ram.size)
        name = name or path
        names = [real, path] if name == path and real != path else [name]
        for each in names:
            self._check_free(each)
        self.install(names[0], data)
        inodes = self._system.namei
        for link in names[1:]:
            there = inodes.get(link)
            if there is None or there.i_link != names[0]:
                if there is not None:
                    self.unlink(link)
                self.symlink(names[0], link)


def _host_file(path: str, most: int) -> tuple[bytes, str]:
    # The contents of a file of the host, and its path without links. What has no end, or no room
    # in the memory of the machine, is not read.
    try:
        kind = Path(path).stat().st_mode
        if stat.S_ISDIR(kind):
            raise LinuxError(errno.EISDIR, "is_directory", path=path)
        if not stat.S_ISREG(kind):
            raise LinuxError(errno.EINVAL, "not_regular_file", path=path)
        with Path(path).open("rb") as file:
            data = file.read(most + 1)
        real = str(Path(path).resolve())
    except LinuxError:
        raise
    except OSError as failure:
        # The host may have other numbers, and errors of which this kernel knows nothing.
        symbol = host_errno.errorcode.get(failure.errno or 0, "EIO")
        code = getattr(errno, symbol, errno.EIO)
        raise LinuxError(code, "host_file_unreadable", path=path) from None
    if len(data) > most:
        raise LinuxError(errno.ENOSPC, "host_file_larger_than_ram", path=path, ram=most)
    return data, real
