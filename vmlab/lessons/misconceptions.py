"""What students believe of memory that Linux does not do: named, so that feedback can speak to it.

A question says which of its wrong answers each belief leads to. `MISCONCEPTIONS` has the words.
"""

from __future__ import annotations

from dataclasses import dataclass

from vmlab.errors import UsageError
from vmlab.model import arguments
from vmlab.words.language import N_, say


@dataclass(frozen=True, slots=True)
class Misconception:
    """A belief and what is true instead, as messages."""

    belief: str  # a clause
    truth: str  # a sentence

    @property
    def words(self) -> str:
        """Speak to who gave the answer that the belief leads to."""
        return say(
            "That would follow if {belief}. {truth}",
            belief=say(self.belief),
            truth=say(self.truth),
        )


def misconception(name: str, belief: str, truth: str) -> str:
    """Add a misconception of one's own; return its name.

    Args:
        name: by which questions know it.
        belief: a clause, such as 'fork copied all frames'.
        truth: a sentence.

    Raises:
        UsageError: another one has that name.
    """
    for value, what in ((name, "name"), (belief, "belief"), (truth, "truth")):
        arguments.text(value, what)
    added = Misconception(belief, truth)
    if MISCONCEPTIONS.setdefault(name, added) != added:
        raise UsageError(say("there is another misconception named {name!r}", name=name))
    return name


def distractors(answer: str, /, **wrong: str) -> dict[str, str]:
    """Return, for each wrong answer in canonical form, the misconception that leads to it.

    Args:
        answer: the right one; a belief that leads to it, or to '', is left out.
        wrong: answers by the name of the misconception; the first one counts.

    >>> distractors("2", fork_once="3", only_child_runs="2")
    {'3': 'fork_once'}
    """
    found: dict[str, str] = {}
    for name, given in wrong.items():
        if given not in ("", answer):
            found.setdefault(given, name)
    return found


M = Misconception

MISCONCEPTIONS: dict[str, Misconception] = {
    # regions
    "mapped_is_writable": M(
        N_("whatever is mapped could be written"),
        N_("A region has rights of its own, and a write needs w."),
    ),
    "gap_is_mapped": M(
        N_("all addresses between the first region and the last belonged to the process"),
        N_("Between regions there are gaps, and nothing is in them."),
    ),
    "refused_is_unmapped": M(
        N_("only an address without a region were refused"),
        N_("A region can be there and forbid the access."),
    ),
    "find_looks_below": M(
        N_("`find_vma` looked for the last region that begins at or below the address"),
        N_("It looks for the first one that ends above it."),
    ),
    "munmap_takes_regions": M(
        N_("`munmap` removed every region that it touches as a whole"),
        N_("It removes pages; what lies beside them stays."),
    ),
    "mprotect_takes_regions": M(
        N_("`mprotect` changed the region as a whole"),
        N_("It changes the pages it is given and splits the region around them."),
    ),
    "regions_never_merge": M(
        N_("every `mmap` made a line of its own for ever"),
        N_("Neighbours that are alike in everything become one region."),
    ),
    "gap_filled_from_below": M(
        N_("a mapping took the lower end of a gap"),
        N_("The kernel fills the mmap area from the top down."),
    ),
    "any_gap_will_do": M(
        N_("a mapping went into a gap that was freed, whatever its size"),
        N_("The gap must be as large as the mapping."),
    ),
    "mmap_corrects": M(
        N_("`mmap` mended arguments that are wrong"),
        N_("It refuses them, with the errno of the first check that fails."),
    ),
    "heap_forgets_its_start": M(
        N_("brk made a region of its own for the last bytes"),
        N_("It moves the end of the one heap, which begins at start_brk."),
    ),
    "heap_keeps_its_top": M(
        N_("brk could only grow the heap"),
        N_("A smaller brk gives the pages above it back."),
    ),
    "pgoff_in_bytes": M(
        N_("`vm_pgoff` counted bytes"),
        N_("It counts pages of the file."),
    ),
    "offset_stays": M(
        N_("what a split leaves kept the offset of the whole"),
        N_("The upper part begins later in the file, too."),
    ),
    "merge_whatever_rights": M(
        N_("neighbours became one region whatever they are"),
        N_("Rights, flags, file and offset all have to fit."),
    ),
    # page tables and addresses
    "walk_from_below": M(
        N_("the walk began with the lowest bits"),
        N_("The top bits choose the entry of the top table; the walk goes down from there."),
    ),
    "offset_forgotten": M(
        N_("a frame's address were the address of the byte"),
        N_("The offset within the page is added to it."),
    ),
    "virtual_is_physical": M(
        N_("physical memory were used under the program's addresses"),
        N_("The page table says which frame is behind a page."),
    ),
    "entry_follows_region": M(
        N_("an entry allowed whatever its region allows"),
        N_("RW is missing where a write must fault first: a shared frame, the zero page."),
    ),
    "one_level": M(
        N_("only the last level of page tables took memory"),
        N_("The tables above it take a page each as well."),
    ),
    "table_per_region": M(
        N_("every page had tables of its own"),
        N_("Pages that share their upper index bits share the tables too."),
    ),
    "ppn_as_wide_as_vpn": M(
        N_("frame numbers were as wide as page numbers"),
        N_("Each is what its own address has beyond the offset."),
    ),
    "tlb_index_on_top": M(
        N_("the TLB took its index from the top of the page number"),
        N_("The index is its lowest bits, so that neighbouring pages fall into different sets."),
    ),
    "tlb_valid_ignored": M(
        N_("an entry counted whose valid bit is 0"),
        N_("Only a valid entry with the right tag is a hit."),
    ),
    "tlb_any_set": M(
        N_("every set of the TLB were searched"),
        N_("The index chooses one set, and only its tags are compared."),
    ),
    "tlb_only_knows": M(
        N_("a TLB miss were a page fault"),
        N_("After a miss the page table is read; only an entry that is not valid there faults."),
    ),
    "reach_in_entries": M(
        N_("a TLB reached as many bytes as it has entries"),
        N_("Each entry reaches a whole page."),
    ),
    "walk_is_free": M(
        N_("a TLB miss cost no access to memory"),
        N_("Each level of the page table is read from memory."),
    ),
    "walk_is_one_read": M(
        N_("a walk read memory once, whatever the number of levels"),
        N_("It reads one entry for each level."),
    ),
    "limit_unchecked": M(
        N_("an offset beyond the limit of its segment were added all the same"),
        N_("It is refused: the segment ends there."),
    ),
    "last_page_is_full": M(
        N_("an allocation took exactly its bytes"),
        N_("It takes whole pages, and the rest of the last one is lost."),
    ),
    "one_page_too_many": M(
        N_("the last page never were full"),
        N_("Nothing is lost where the size is a whole number of pages."),
    ),
    "best_is_largest": M(
        N_("the best fit were the largest hole"),
        N_("Best fit leaves the smallest rest, worst fit the largest, first fit does not compare."),
    ),
    "first_is_best": M(
        N_("the first hole that fits were always taken"),
        N_("Only first fit stops there; the others compare all holes."),
    ),
    "working_set_counts_references": M(
        N_("a working set counted references"),
        N_("It counts each page once, however often it is used."),
    ),
    "working_set_forgets_nothing": M(
        N_("a working set kept every page that was ever used"),
        N_("Only the last references, as many as the window is long, count."),
    ),
    # faults
    "mapped_is_present": M(
        N_("memory were there as soon as it is mapped"),
        N_("`mmap` makes a region only; each page comes with its first access."),
    ),
    "read_takes_a_frame": M(
        N_("reading a page gave it a frame of its own"),
        N_("A first read of anonymous memory maps the zero page, which everyone shares."),
    ),
    "read_leaves_no_entry": M(
        N_("only a write made an entry"),
        N_("A read makes one, too: it maps the zero page."),
    ),
    "touched_never_faults": M(
        N_("a page that was touched once never faulted again"),
        N_("A write to what may be shared still has to fault: its entry forbids it."),
    ),
    "no_write_bit_kills": M(
        N_("an entry without the write bit always meant SIGSEGV"),
        N_("The kernel asks the region first: if that allows the write, it mends the entry."),
    ),
    "write_always_copies": M(
        N_("every write after a fork copied"),
        N_("Who is alone with a frame keeps it."),
    ),
    "unbacked_is_unmapped": M(
        N_("an address without a frame were not mapped"),
        N_("The region counts: the kernel gives the page a frame when it is touched."),
    ),
    "file_grows": M(
        N_("a mapping made its file longer"),
        N_("Past the last page of the file there is nothing to map."),
    ),
    "file_end_is_segv": M(
        N_("a page past the end of a file had no region"),
        N_("The region is there, the page of the file is not: that is SIGBUS."),
    ),
    "all_faults_one_code": M(
        N_("every refused access were SEGV_MAPERR"),
        N_("MAPERR means no region; ACCERR means a region that forbids it."),
    ),
    "munmapped_stays": M(
        N_("memory could be used after it was unmapped"),
        N_("The region is gone, and its entries with it."),
    ),
    "each_access_faults": M(
        N_("each access were a fault"),
        N_("A page faults when it is first touched, and then no more."),
    ),
    "more_code_more_faults": M(
        N_("the longer loop took more faults"),
        N_("Pages count, and not accesses."),
    ),
    # fork, sharing, counts
    "every_child_maps": M(
        N_("each process that came from P mapped the frame as long as it lives"),
        N_("A write that copies takes its entry away from the old frame."),
    ),
    "written_in_place": M(
        N_("a process kept its frame when it writes"),
        N_("As long as someone else maps the frame, the writer gets another one."),
    ),
    "fork_copies_frames": M(
        N_("fork copied the memory"),
        N_("It copies page tables; a frame is copied when one of both writes."),
    ),
    "child_copies_only": M(
        N_("only the child's write copied"),
        N_("The parent's entries lose their write bit as well; whoever writes first copies."),
    ),
    "thread_has_own_space": M(
        N_("each task had an address space of its own"),
        N_("A task made with CLONE_VM uses its maker's."),
    ),
    "one_space_for_all": M(
        N_("a whole family used one address space"),
        N_("fork makes a new one; only CLONE_VM shares it."),
    ),
    "exit_frees_all": M(
        N_("an exit freed all frames that the process maps"),
        N_("A frame that someone else maps stays."),
    ),
    "count_is_users": M(
        N_("`mm_count` counted tasks as `mm_users` does"),
        N_("All users together hold one count; a kernel thread that borrows adds one each."),
    ),
    "borrower_is_user": M(
        N_("a kernel thread were a user of the address space it borrows"),
        N_("It only holds `mm_count`, so that the page tables stay."),
    ),
    "fork_shares_variables": M(
        N_("parent and child had the same variables after a fork"),
        N_("Each sees its own writes only, unless the memory is MAP_SHARED."),
    ),
    "shared_is_copied": M(
        N_("fork made MAP_SHARED memory private"),
        N_("A shared mapping stays shared: both see each other's writes."),
    ),
    "fork_counts_once": M(
        N_("each fork added one process, whoever runs it"),
        N_("Every process that reaches the fork makes one more."),
    ),
    "child_starts_over": M(
        N_("only the first process went on after a fork"),
        N_("Parent and child both return from it and run what follows."),
    ),
    "parent_first": M(
        N_("the parent always ran first"),
        N_("After a fork either may run; only `wait` puts them in order."),
    ),
    "wait_orders_nothing": M(
        N_("`wait` did not hold the parent up"),
        N_("What stands behind it comes after all that the child does."),
    ),
    "private_reaches_file": M(
        N_("a write to a private mapping reached the file"),
        N_("It makes a copy of the page; the file and the others never see it."),
    ),
    "private_is_snapshot": M(
        N_("a private mapping were a snapshot"),
        N_("It shows the page cache until it writes there itself."),
    ),
    "one_address_per_byte": M(
        N_("a byte had one address only"),
        N_("Each mapping of its page is another way to it."),
    ),
    "private_is_alias": M(
        N_("a private page that was written still were the file's"),
        N_("After the write it is a copy, which no other mapping shows."),
    ),
    "bss_is_in_file": M(
        N_("the file held all of MemSiz"),
        N_("What goes beyond FileSiz is not mapped from the file."),
    ),
    "rss_is_size": M(
        N_("a region were resident as a whole"),
        N_("Only pages with a frame count."),
    ),
    "zero_page_counts": M(
        N_("a page that was only read counted"),
        N_("Reading maps the zero page, which is in nobody's RSS."),
    ),
    "pss_is_rss": M(
        N_("a shared frame counted in full for each process"),
        N_("PSS divides each frame by the number of processes that map it."),
    ),
    "pss_counts_own": M(
        N_("PSS left shared frames out"),
        N_("It counts a share of them; USS is what leaves them out."),
    ),
    "start_is_vm_start": M(
        N_("`start_code` were the start of the region"),
        N_("It is p_vaddr of the segment; its region begins at the page that contains it."),
    ),
}
