"""What one key cannot know of another: the rules between keys, each with the reason in its words. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from itertools import chain
from typing import NamedTuple

from gateway.config.nouns import Endpoint, UnixSocket, is_loopback
from gateway.config.oauth2 import OAuth2
from gateway.config.schema import OUTBOUND, Config
from gateway.config.yaml import Keys
from gateway.core.address import LOCAL_PART_OCTETS, fold_ascii
from gateway.core.arrival import Position

TICKET_DETAIL = 1 + 11 + 1 + 26  # +REF.TOKEN
BOUNCE_DETAIL = 1 + 26 + 18  # +TOKEN, and the id of an outbox row
PIPE = "pipe"
SCAN_LONGEST = timedelta(minutes=5)
INBOX = "INBOX"


class Fault(NamedTuple):
    """A rule broken at `keys`."""

    keys: Keys
    wrong: str
    right: str


def faults(config: Config) -> Iterator[Fault]:
    """Every rule between keys that a configuration breaks."""
    return chain.from_iterable(check(config) for check in CHECKS)


def names(config: Config) -> Iterator[Fault]:
    """A name tells one ingress from the others, in every record."""
    keyed: list[tuple[Keys, str]] = [(("smtp", at, "name"), one.name) for at, one in enumerate(config.smtp)]
    keyed += [(("imap", at, "name"), one.name) for at, one in enumerate(config.imap)]
    for keys, name in keyed:
        if name == PIPE:
            yield Fault(keys, f"{PIPE} is the name of `gateway ingest`", "another name")
    for keys, name in _again(keyed):
        yield Fault(keys, f"{name} is the name of another ingress", "a name of its own")


def listeners(config: Config) -> Iterator[Fault]:
    """A socket is listened on once; behind an MTA somebody connects; at the edge strangers do."""
    for at, one in enumerate(config.smtp):
        if wrong := _taken(one.listen, [before.listen for before in config.smtp[:at]], "another listener"):
            yield Fault(("smtp", at, "listen"), wrong, "a port or socket of its own")
        if one.position is Position.BEHIND_MTA and not one.peers:
            yield Fault(("smtp", at, "peers"), "is empty, so nobody could connect", "the addresses of your MTA")
        if one.position is Position.EDGE and one.trusted_authserv_ids and not one.peers:
            yield Fault(
                ("smtp", at, "trusted_authserv_ids"),
                "would be believed from anybody: at the edge its clients are strangers",
                "name your border in `peers`, or leave this out",
            )


def own_addresses(config: Config) -> Iterator[Fault]:
    """Plus-addresses of what is served carry tokens: there must be room, and no plus yet (RFC 5321 §4.5.3.1.1)."""
    keyed: list[tuple[Keys, str]] = [(("addresses", at), one.key) for at, one in enumerate(config.addresses)]
    for keys, key in _again(keyed):
        yield Fault(keys, f"{key} stands here twice", "each address once")
    head = config.letterhead
    sender: Keys = ("outbound", "from") if config.outbound.sender else ("addresses", 0)
    bounces: Keys = ("outbound", "bounces")
    for keys, address in [(("addresses", at), one) for at, one in enumerate(config.addresses)] + [
        (bounces, head.bounces),
    ]:
        if "+" in address.local:
            yield Fault(keys, f"{address} has a plus, behind which tokens go", f"{address.local.partition('+')[0]}@...")
    served = {one.key for one in config.addresses}
    if head.sender.key not in served:
        yield Fault(sender, f"{head.sender} is not served, so answers would be refused", "one of `addresses`")
    if head.bounces.key in served:
        yield Fault(bounces, f"{head.bounces} is one of `addresses`", "an address for delivery reports alone")
    for keys, address, detail in ((sender, head.sender, TICKET_DETAIL), (bounces, head.bounces, BOUNCE_DETAIL)):
        room = LOCAL_PART_OCTETS - detail
        if len(address.local.encode()) > room:
            yield Fault(keys, f"{address} leaves no room for a token", f"at most {room} octets before the @")


def secrecy(config: Config) -> Iterator[Fault]:
    """What leaves this machine is encrypted, and half a credential is none."""
    out = config.outbound
    if out.tls == "none" and not out.smarthost.loopback:
        yield Fault(("outbound", "tls"), f"none, but {out.smarthost.host} is not loopback", "starttls or implicit")
    credentials = [key for key in ("password_file", "oauth2") if getattr(out, key) is not None]
    if (out.username is None) != (not credentials):
        key = credentials[0] if credentials else "username"
        yield Fault(("outbound", key), "stands alone", "username and password_file, or neither")
    if len(credentials) > 1:
        yield Fault(("outbound",), "has both of password_file and oauth2", "one of them")
    for at, box in enumerate(config.imap):
        if box.tls == "none" and not is_loopback(box.host):
            yield Fault(("imap", at, "tls"), f"none, but {box.host} is not loopback", "starttls or implicit")
        if (box.password_file is None) == (box.oauth2 is None):
            which = "neither" if box.oauth2 is None else "both"
            yield Fault(("imap", at), f"has {which} of password_file and oauth2", "one of them")


def oauth2(config: Config) -> Iterator[Fault]:
    """Each grant has what it wants, and each source of tokens a name of its own."""
    keyed: list[tuple[Keys, OAuth2 | None]] = [
        (("imap", at, "oauth2"), one.oauth2) for at, one in enumerate(config.imap)
    ]
    for keys, section in [*keyed, (("outbound", "oauth2"), config.outbound.oauth2)]:
        for key, wrong, right in section.faults() if section else ():
            yield Fault((*keys, key) if key else keys, wrong, right)
    for at, one in enumerate(config.imap):
        if one.name == OUTBOUND and config.outbound.oauth2:
            yield Fault(("imap", at, "name"), f"{OUTBOUND} is how `gateway auth` calls the smarthost", "another name")


def filing(config: Config) -> Iterator[Fault]:
    """What is moved into the folder that is read is new there: it would be taken in and moved again, without end."""
    right = "another folder, or filing: flag, which leaves mail where it is"
    for at, box in enumerate(config.imap):
        for key, target in box.folders if box.filing == "move" else ():
            if _folder(target) == _folder(box.folder):
                yield Fault(("imap", at, "folders", key), f"{target} is the folder that is read", right)


def metrics(config: Config) -> Iterator[Fault]:
    """Nobody logs in to read metrics: they stay on this machine unless that is said, on a socket of their own."""
    if config.metrics is None:
        return
    listen = config.metrics.listen
    if isinstance(listen, Endpoint) and not listen.loopback and not config.metrics.remote:
        right = "127.0.0.1:PORT or unix:PATH; or remote: true, where your firewall says who reads it"
        yield Fault(("metrics", "listen"), f"{listen.host} is not loopback", right)
    if wrong := _taken(listen, [one.listen for one in config.smtp], "a listener"):
        yield Fault(("metrics", "listen"), wrong, "a port or socket of its own")


def virus(config: Config) -> Iterator[Fault]:
    """Whoever scans reads all mail; and the client waits ten minutes for the reply to its dot (RFC 5321 §4.5.3.2.6)."""
    if config.virus is None:
        return
    clamd = config.virus.clamd
    if isinstance(clamd, Endpoint) and not clamd.loopback and not config.virus.remote:
        right = "unix:PATH or 127.0.0.1:PORT; or remote: true, where nobody reads the way there"
        yield Fault(("virus", "clamd"), f"{clamd.host} is not loopback", right)
    if config.virus.timeout > SCAN_LONGEST:
        yield Fault(("virus", "timeout"), "is longer than a client waits for its reply", "5m or less")


def blobs(config: Config) -> Iterator[Fault]:
    """What is of a bucket and what is of a folder."""
    for key, wrong, right in config.blobs.faults():
        yield Fault(("blobs", key) if key else ("blobs",), wrong, right)


def sources(config: Config) -> Iterator[Fault]:
    """A source has one place where it keeps its accounts, and a name of its own."""
    for at, one in enumerate(config.accounts.sources):
        for key, wrong, right in one.faults():
            keys: Keys = ("accounts", "sources", at)
            yield Fault((*keys, key) if key else keys, wrong, right)
    named: list[tuple[Keys, str]] = [
        (("accounts", "sources", at, "name"), one.name) for at, one in enumerate(config.accounts.sources)
    ]
    for keys, name in _again(named):
        yield Fault(keys, f"{name} is the name of another source", "a name of its own")


def retries(config: Config) -> Iterator[Fault]:
    """A schedule that never waits longer than it lives."""
    retry = config.outbound.retry
    if not retry.first <= retry.longest <= retry.give_up:
        yield Fault(("outbound", "retry"), "first, longest and give_up are out of order", "first <= longest <= give_up")


CHECKS: tuple[Callable[[Config], Iterable[Fault]], ...] = (
    names,
    listeners,
    own_addresses,
    secrecy,
    oauth2,
    filing,
    metrics,
    virus,
    blobs,
    sources,
    retries,
)


def _folder(name: str) -> str:
    return INBOX if fold_ascii(name) == fold_ascii(INBOX) else name  # RFC 9051 §5.1


def _taken(listen: Endpoint | UnixSocket, others: Iterable[Endpoint | UnixSocket], whose: str) -> str:
    """Why it cannot be listened on beside these; "" when it can."""
    for other in others:
        if str(other) == str(listen):
            return f"{listen} is what {whose} listens on"
        if isinstance(listen, Endpoint) and isinstance(other, Endpoint) and listen.overlaps(other):
            return f"{listen} overlaps with {other}, which {whose} listens on"
    return ""


def _again(keyed: Iterable[tuple[Keys, str]]) -> Iterator[tuple[Keys, str]]:
    seen: set[str] = set()
    for keys, value in keyed:
        if value in seen:
            yield keys, value
        seen.add(value)
