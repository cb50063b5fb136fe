"""Units: what systemd has bound for the gateway. `check` neither blames nor wakes it by knocking there."""

from __future__ import annotations

import subprocess

SERVICE = "gateway.service"
SECONDS = 5.0
"""For systemctl to answer."""


def sockets() -> dict[str, str]:
    """Which unit has a socket for a listener, by its address or its name; empty where systemd does not run."""
    units = _said("--property=TriggeredBy", "--value", SERVICE).split()
    known = [one for one in units if one.endswith(".socket")]
    return bound(_said("--property=Id,ActiveState,Listen,FileDescriptorName", *known)) if known else {}


def bound(shown: str) -> dict[str, str]:
    """What systemctl show said of socket units that are active, read."""
    found: dict[str, str] = {}
    for block in shown.split("\n\n"):
        said = [line.partition("=")[::2] for line in block.splitlines()]
        one = dict(said)
        if one.get("ActiveState") != "active":
            continue
        unit = one.get("Id", "")
        if (name := one.get("FileDescriptorName", unit)) != unit:
            found[name] = unit
            continue
        for where in (value.removesuffix(" (Stream)") for key, value in said if key == "Listen"):
            found[f"unix:{where}" if where.startswith("/") else where] = unit
    return found


def _said(*arguments: str) -> str:
    try:
        command = ["systemctl", "show", *arguments]  # fixed words, and names that systemctl itself gave
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=SECONDS).stdout  # noqa: S603 - the same
    except (OSError, subprocess.SubprocessError):
        return ""
