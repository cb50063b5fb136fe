"""The one entry point: `gateway`."""

from __future__ import annotations

import gc
import sys

from gateway.cli import run


def main() -> int:
    """Run the command line and return its exit code (sysexits(3))."""
    gc.disable()  # until all is imported: to look through it for garbage is a sixth of a command's start
    code = run(sys.argv[1:])
    gc.freeze()  # looking through all modules for garbage on the way out is a tenth of a command's time
    return code


if __name__ == "__main__":
    sys.exit(main())
