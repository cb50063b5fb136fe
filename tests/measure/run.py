"""`make corpus`: how real mail with known results is read, measured on a collection that is kept beside the project.

Each module named in MODULES has `report(corpus) -> list[str]`: the lines to print, headings included.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))  # the harness that the tests use

MODULES = ("bodies", "reply", "bounces", "robots", "intents", "bombs", "robust")


def main(arguments: list[str]) -> None:
    """Print every report; where there is no collection, say so: it is no fault to be without."""
    corpus = Path(arguments[0]) if arguments else ROOT.parent / "shared" / "corpus"
    if not corpus.is_dir():
        sys.stdout.write(f"nothing to measure: no collection at {corpus}; make corpus CORPUS=FOLDER names another\n")
        return
    for name in MODULES:
        if Path(__file__).with_name(f"{name}.py").exists():
            sys.stdout.write("\n".join(import_module(f"measure.{name}").report(corpus)) + "\n\n")


if __name__ == "__main__":
    main(sys.argv[1:])
