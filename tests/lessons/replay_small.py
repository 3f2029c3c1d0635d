"""The exercises about TLBs, geometry, forks and certificates, answered by hand from their words."""

import re
from collections.abc import Callable
from math import comb

from vmlab import PAGE_SIZE


def hexes(*values: int) -> str:
    return " ".join(f"{value:#x}" for value in values)


def numbers(text: str) -> list[int]:
    """Every number in a text, in order."""
    return [int(word, 0) for word in re.findall(r"\b(?:0x[0-9a-f]+|\d+)\b", text)]


def cut(given: str, text: str) -> tuple[int, int, int]:
    """VPN, TLBI and TLBT by division, not by bits."""
    _, _, size, sets, _ = numbers(given)[:5]
    vpn = numbers(text)[0] // size
    return vpn, vpn % sets, vpn // sets


def slot_of(given: str, text: str) -> int | None:
    _, index, tag = cut(given, text)
    (line,) = re.findall(rf"^SET {index}: (.*)$", given, re.MULTILINE)
    for slot_tag, ppn, valid in re.findall(r"TAG (\w+) PPN (\w+) V (\d)", line):
        if valid == "1" and int(slot_tag, 16) == tag:
            return int(ppn, 16)
    return None


def entry_of(given: str, vpn: int) -> int | None:
    (rest,) = re.findall(rf"^VPN {vpn:#04x}: (.*)$", given, re.MULTILINE)
    return numbers(rest)[0] if "PPN" in rest else None


def tlb_split(given: str, text: str) -> str:
    return hexes(*cut(given, text))


def tlb_hit(given: str, text: str) -> str:
    return "a miss" if slot_of(given, text) is None else "a hit"


def tlb_table(given: str, text: str) -> str:
    found, ppn = slot_of(given, text), entry_of(given, cut(given, text)[0])
    assert found in (None, ppn)
    said = ["no" if found is None else "yes", "yes" if ppn is None else "no"]
    return f"{hexes(*cut(given, text))} {' '.join(said)} {'-' if ppn is None else hex(ppn)}"


def table_address(given: str, text: str) -> str:
    size, addr = numbers(given)[2], numbers(text)[0]
    ppn = entry_of(given, addr // size)
    assert ppn is not None
    return f"{ppn * size + addr % size:#x}"


def split(given: str, text: str) -> str:
    (addr,) = numbers(text)
    widths = [int(width) for width in re.findall(r"L\d (\d+)", given)]
    offset = int(re.findall(r"offset (\d+)", given)[0])
    digits = f"{addr:0{sum(widths) + offset}b}"
    values = []
    for width in (*widths, offset):
        values.append(int(digits[:width], 2))
        digits = digits[width:]
    return hexes(*values)


def vpn_bits(given: str, _: str) -> str:
    virtual, physical, size = numbers(given)
    offset = len(f"{size * 1024:b}") - 1
    return f"{virtual - offset} {offset} {physical - offset} {offset}"


def table_pages(given: str, _: str) -> str:
    addrs = numbers(given)
    return str(1 + sum(len({addr >> shift for addr in addrs}) for shift in (39, 30, 21)))


def tlb_reach(given: str, _: str) -> str:
    entries, size = numbers(given)
    return str(entries * size)


def access_time(given: str, _: str) -> str:
    tlb, percent, memory, levels = numbers(given)
    hundred = percent * (tlb + memory) + (100 - percent) * (tlb + (levels + 1) * memory)
    assert hundred % 100 == 0
    return str(hundred // 100)


def writable_bytes(given: str, _: str) -> str:
    spans = re.findall(r"^(\w+)-(\w+) rw", given, re.MULTILINE)
    return str(sum(int(end, 16) - int(start, 16) for start, end in spans) // 1024)


def ran(given: str) -> tuple[int, int]:
    """How many processes a program comes to, and how many stars: each process is run to its end."""
    lines = [line.strip() for line in given.splitlines()]

    def goes(at: int) -> tuple[int, int]:
        # What a process that stands at a line, and all that come from it, make and print.
        made = stars = 0
        while at < len(lines):
            line = lines[at]
            at += 1
            if line.startswith("write"):
                stars += 1
            elif line.startswith("_exit"):
                break
            elif "fork" in line:
                behind = lines.index("}", at) + 1 if line.startswith("if") else at
                child = at if "!=" not in line else behind
                more = goes(child)
                made, stars = made + 1 + more[0], stars + more[1]
                at = behind if "==" in line else at
        return made, stars

    made, stars = goes(0)
    return made + 1, stars


def processes(given: str, _: str) -> str:
    return str(ran(given)[0])


def stars(given: str, _: str) -> str:
    return str(ran(given)[1])


def outputs(given: str, _: str) -> str:
    inside, _, outside = given.partition("}")
    free = outside.partition("wait")[0]
    child, parent = inside.count("write"), free.count("write")
    return str(comb(child + parent, child))


def after_write(given: str, _: str) -> str:
    shared = "MAP_SHARED" in given
    (start,) = re.findall(r"^\*x = (\d+)", given, re.MULTILINE)
    (plus,), (times,) = re.findall(r"\+= (\d+)", given), re.findall(r"\*= (\d+)", given)
    child = int(start) + int(plus)
    return f"{child} {(child if shared else int(start)) * int(times)}"


def cow_claim(given: str, text: str) -> str:
    told, (asked,) = given.splitlines()[1], numbers(text)[-1:]
    written = asked in numbers(told)
    always = ("parent's next write to page" in text and "faults" in text) or "Once both" in text
    copies = "child's next write" in text and "copies a frame" in text
    return "true" if always or (copies and written) else "false"


def paged_address(given: str, text: str) -> str:
    first, *rows = given.splitlines()
    page, offset = divmod(numbers(text)[0], numbers(first)[0])
    return str(numbers(rows[page])[1] * numbers(first)[0] + offset)


def segment_address(given: str, text: str) -> str:
    segment, offset = numbers(text)
    _, base, limit = numbers(given.splitlines()[segment])
    return str(base + offset) if offset < limit else "-"


def wasted(given: str, _: str) -> str:
    used, size = numbers(given)
    while used > size:
        used -= size
    return str(size - used)


def placement(given: str, text: str) -> str:
    holes = {line[0]: numbers(line)[0] for line in given.splitlines()}
    (wanted,) = numbers(text)
    fit = [name for name, size in holes.items() if size >= wanted]
    if "first fit" in text:
        return fit[0]
    by_size = sorted(fit, key=lambda name: holes[name])
    return by_size[0] if "best fit" in text else by_size[-1]


def working_set(given: str, text: str) -> str:
    (window,) = numbers(text)
    last = numbers(given)[-window:]
    return " ".join(str(page) for page in range(10) if page in last)


def more_faults(given: str, _: str) -> str:
    counts = []
    for program in re.split(r"^[AB]:$", given, flags=re.MULTILINE)[1:]:
        read: set[int] = set()
        written: set[int] = set()
        faults = 0
        for end, step, does in re.findall(r"i < (\d+); i \+= (\d+)\) (.*)", program):
            pages = {i // PAGE_SIZE for i in range(0, int(end), int(step))}
            if "=" in does and does.startswith("a"):
                faults += len(pages - written)
                written |= pages
            else:
                faults += len(pages - written - read)
                read |= pages
        counts.append(faults)
    a, b = counts
    return "both as many" if a == b else "A" if a > b else "B"


def start_code(given: str, _: str) -> str:
    addr = numbers(given.splitlines()[1])[1]
    return hexes(addr - addr % PAGE_SIZE, addr)


SMALL_ROUTES: dict[str, Callable[[str, str], str]] = {
    route.__name__: route
    for route in (
        tlb_split, tlb_hit, tlb_table, table_address, split, vpn_bits, table_pages, tlb_reach,
        access_time, writable_bytes, processes, stars, outputs, after_write, cow_claim,
        paged_address, segment_address, wasted, placement, working_set, more_faults, start_code,
    )
}  # fmt: skip
