"""`python -m tlcore`: the command line."""

import sys

from tlcore.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
