"""The one entry point: `gateway`."""

from __future__ import annotations

import sys

from gateway.cli import run


def main() -> int:
    """Run the command line and return its exit code (sysexits(3))."""
    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
