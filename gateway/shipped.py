"""Where the shipped files lie: inside the package when installed from a wheel, beside it in a clone."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def shipped(name: str) -> Path:
    """The path of `policies`, `config/gateway.yaml`, `config/templates` and their kin. Raises FileNotFoundError."""
    for root in (_PACKAGE / "defaults", _PACKAGE.parent):
        if (found := root / name).exists():
            return found
    msg = f"{name} is missing from this installation"
    raise FileNotFoundError(msg)
