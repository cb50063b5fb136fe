"""Builds the town: the two Postfixes once, the gateway between them for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.process import Gateway
from e2e.sink import Sink
from e2e.waiting import LOOPBACK, free_port
from peers.postfix import HOSTNAME, Postfix, required
from peers.town import Town

STAMPS = (
    (  # a customer whose bulk mailer signs for him: the reverse-path is another's, the signature is aligned
        r"^mailer@attack\.example$",
        f"{HOSTNAME}; dkim=pass header.d=rossi.example header.s=mail; dmarc=pass header.from=rossi.example",
    ),
    (r"@attack\.example$", f"{HOSTNAME}; spf=pass smtp.mailfrom=attack.example; dmarc=fail header.from=rossi.example"),
    (
        r"@((rossi|smith|shared|stranger)\.example)$",
        f"{HOSTNAME}; spf=pass smtp.mailfrom=$1; dkim=pass header.d=$1 header.s=mail; dmarc=pass header.from=$1",
    ),
)
"""What the border finds out, by reverse-path; about any other it says nothing."""


@pytest.fixture(scope="session")
def town() -> Iterator[Town]:
    """Both Postfixes, running; support@ goes to the gateway by SMTP, assistenza@ by LMTP."""
    required()
    smtp, lmtp = free_port(), free_port()
    routes = (
        (r"^(support|bounces)(\+.*)?@example\.it$", f"smtp:[{LOOPBACK}]:{smtp}"),
        (r"^assistenza(\+.*)?@example\.it$", f"lmtp:inet:{LOOPBACK}:{lmtp}"),
    )
    with (
        Sink(free_port()) as mailboxes,
        Sink(free_port()) as elsewhere,
        Postfix(elsewhere.port, routes, STAMPS) as border,
        Postfix(mailboxes.port) as smarthost,
    ):
        yield Town(border, smarthost, mailboxes, elsewhere, smtp, lmtp)


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a database that holds the accounts."""
    gateway = Gateway(tmp_path_factory.mktemp("prepared"), smarthost=9)
    gateway.prepare()
    return gateway.folder


@pytest.fixture
def gateway(tmp_path: Path, town: Town, prepared: Path) -> Iterator[Gateway]:
    """The gateway between them, with an empty desk."""
    with Gateway(tmp_path, town.smarthost.port, town.smtp, town.lmtp, prepared) as running:
        yield running
    town.settle()
