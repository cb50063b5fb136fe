"""What a trial says of each step, and the little that it asks of what it finds; AssertionError ends it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def step(words: str) -> Iterator[None]:
    """Say what is done, and how long it took."""
    began = time.monotonic()
    try:
        yield
    except BaseException:
        tell(f"FAIL {words}")
        raise
    tell(f"ok   {words}: {time.monotonic() - began:.1f} s")


def says(output: str, *words: str) -> None:
    """All these words."""
    for one in words:
        if one not in output:
            raise AssertionError(f"{one!r} is not in:\n{output}")


def there(root: Path, *names: str) -> None:
    """All these files."""
    if missing := [name for name in names if not (root / name.lstrip("/")).exists()]:
        raise AssertionError(f"gone: {missing}")


def gone(root: Path, *names: str) -> None:
    """None of these."""
    if left := [name for name in names if (root / name.lstrip("/")).exists()]:
        raise AssertionError(f"still there: {left}")


def replace(path: Path, old: str, new: str) -> None:
    """Everywhere in a file, and somewhere at least."""
    text = path.read_text()
    if old not in text:
        raise AssertionError(f"{path} has no {old!r}")
    path.write_text(text.replace(old, new))


def tell(words: str) -> None:
    """One line, at once."""
    print(words, flush=True)  # noqa: T201 - a trial is watched
