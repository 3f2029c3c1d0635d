"""Say what is left to translate, in each language or in those named; status 1 if there is any.

`--update` brings the catalogues up to date first: what is new stands in them without a translation,
what changed is marked as fuzzy, and what is said no more is left out. It begins a language, too.
"""

import argparse
import sys
from collections import Counter

from tests.translation import catalogues, pages, report


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.translation", description=__doc__)
    parser.add_argument("languages", nargs="*", help="all, if none is named")
    parser.add_argument("--update", action="store_true", help="write the catalogues anew first")
    parser.add_argument("--room", help="tell only of one catalogue")
    parser.add_argument("--all", action="store_true", help="tell each message, not only how many")
    args = parser.parse_args()
    codes = args.languages or catalogues.languages()
    if args.update:
        for code in codes:
            catalogues.update(code)
            pages.update(code)
    found = {code: report.of_language(code) for code in codes}
    for code in codes:
        found[code] = [one for one in found[code] if args.room in (None, one.catalogue)]
        _tell(code, found[code], each=args.all)
    return 1 if any(found.values()) else 0


def _tell(code: str, found: list[report.Finding], *, each: bool) -> None:
    print(f"{code}: {len(found)} to do")
    for (room, kind), number in sorted(Counter((f.catalogue, f.kind) for f in found).items()):
        print(f"  {number:5} {room}: {report.KINDS[kind]}")
    # What is wrong is told one by one; of what is not done yet only the number, if it is not asked.
    for one in found:
        if each or one.kind in report.WRONG:
            print(
                f"  {one.catalogue}: {one.kind}: {one.english!r}",
                f"\n      {one.detail}" * bool(one.detail),
            )


if __name__ == "__main__":
    sys.exit(main())
