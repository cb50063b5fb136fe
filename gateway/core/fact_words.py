"""The words that a fact with a closed set of them may be: with any other, a comparison would hold of nothing."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from gateway.core.account import Language, Standing
from gateway.core.arrival import Position
from gateway.core.evidence import Assurance, Source
from gateway.core.expression_types import Path
from gateway.core.facts import SCANS
from gateway.core.intent import Intent
from gateway.core.policy import SETTABLE
from gateway.core.reason import Reason

_DKIM = ("", "none", "pass", "fail", "policy", "neutral", "temperror", "permerror")  # RFC 8601 §2.7.1

WORDS: Mapping[Path, tuple[str, ...]] = MappingProxyType(
    {
        ("reason",): (*sorted(SETTABLE), Reason.REGISTERED.value),
        ("account", "language"): ("", *Language),
        ("account", "status"): ("", *Standing),
        ("evidence", "source"): tuple(Source),
        ("evidence", "assurance"): tuple(Assurance),
        ("evidence", "spf"): (*_DKIM, "softfail"),  # RFC 8601 §2.7.2
        ("evidence", "dkim"): _DKIM,
        ("evidence", "dmarc"): (
            "",
            "none",
            "pass",
            "bestguesspass",
            "fail",
            "temperror",
            "permerror",
        ),  # and Microsoft's
        ("intent",): tuple(Intent),
        ("language",): ("", *Language),
        ("ingress", "position"): tuple(Position),
        ("scan",): tuple(SCANS.values()),
    }
)
