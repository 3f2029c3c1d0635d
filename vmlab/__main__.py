"""`python -m vmlab` is the `vmlab` command."""

import sys

from vmlab.cli import main

if __name__ == "__main__":
    sys.exit(main())
