"""The same targets under atheris, which sees what each input reaches and goes on from there. It is not locked.

    .venv/bin/pip install -e .[fuzz]
    .venv/bin/python tests/fuzz/guided.py TARGET [FOLDER] [-runs=1000000] [-max_len=4000]

What it found worth keeping stays in FOLDER.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).parents[1]))

with atheris.instrument_imports(include=["gateway"]):
    from fuzz.run import MOST, Broken, cost
    from fuzz.targets import TARGETS


def main() -> None:
    """Does not return: libFuzzer ends the process."""
    name, *rest = sys.argv[1:]
    target = TARGETS[name]

    def once(octets: bytes) -> None:
        if cost(target, octets) > MOST and min(cost(target, octets) for _ in range(3)) > MOST:
            raise Broken(f"over {MOST * 1000:.0f} ms for {octets!r}")

    with tempfile.TemporaryDirectory() as folder:
        start, words = Path(folder, "sound"), Path(folder, "words")
        start.mkdir()
        for number, sound in enumerate(target.material.sound):
            (start / str(number)).write_bytes(sound)
        words.write_text("".join(f'"{escaped(word)}"\n' for word in target.material.words))
        given = [one for one in rest if not one.startswith("-")]
        options = [one for one in rest if one.startswith("-")]
        atheris.Setup([sys.argv[0], f"-dict={words}", *options, *given, str(start)], once)
        atheris.Fuzz()


def escaped(word: bytes) -> str:
    """As a dictionary of libFuzzer wants it."""
    return "".join(f"\\x{one:02x}" for one in word)


if __name__ == "__main__":
    main()
