"""Messages that are received as a whole."""

from __future__ import annotations

from vmlab.errors import LinuxError
from vmlab.model.abi import errno
from vmlab.model.abi.socket import MSG_PEEK, MSG_TRUNC
from vmlab.model.linux.include.sock import Received
from vmlab.model.linux.include.structs import Inode, TaskStruct
from vmlab.model.linux.lib.iov_iter import IovIter, copy_to_iter, iter_iov_addr
from vmlab.model.linux.net.core.scm import scm_fp_dup
from vmlab.model.linux.net.core.sock import consume_skb, sock_of


def receive_datagram(task: TaskStruct, inode: Inode, to: IovIter, flags: int) -> Received:
    """Take the first thing that was sent; what there is no room for is lost. The name is vmlab's.

    Args:
        task: the caller.
        inode: the socket, to which something was sent.
        to: where it goes.
        flags: MSG_PEEK leaves it; MSG_TRUNC answers how long it is.

    Raises:
        LinuxError: EFAULT, when it is lost.

    Emits: copy_to_user, ep_ready.
    Source: net/core/datagram.c: skb_copy_datagram_iter() [v6.18].
    """
    skb = sock_of(inode).queue[0]
    data, addr = skb.data[: to.count], iter_iov_addr(to) if to.count else 0
    failed = bool(data) and copy_to_iter(task.system, data, to) < len(data)
    if not flags & MSG_PEEK:
        consume_skb(task.system, inode)
    if failed:
        raise LinuxError(errno.EFAULT, "nothing_stored", addr=addr)
    files = scm_fp_dup(skb.files) if flags & MSG_PEEK else skb.files
    cut = len(data) < len(skb.data)
    count = len(skb.data) if flags & MSG_TRUNC else len(data)
    return Received(count, MSG_TRUNC if cut else 0, files, skb.name)
