"""The one entry point: `gateway`."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command line and return its exit code (sysexits(3))."""
    from gateway.cli import run  # noqa: PLC0415 - so that a broken import is still one clear line

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
