"""Paths: the arguments of MAIL and RCPT, read strictly (RFC 5321 §4.1.2) in linear time. Nothing is mended."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from gateway.core.address import domain_key, fold_ascii
from gateway.core.arrival import Path
from gateway.ingress import replies
from gateway.ingress.replies import Reply

PATH_OCTETS = 256
"""RFC 5321 §4.5.3.1.1 promises 64 for a local part; rewritten reverse-paths (SRS, VERP) are longer, and an MTA that
has accepted one would have to bounce what we refuse."""

_BEYOND = "\u00a0-\U0010ffff"  # RFC 6531 §3.3, without the C1 controls
_ATOM = rf"[A-Za-z0-9!#$%&'*+/=?^_`{{|}}~{_BEYOND}-]+"
_DOT_STRING = rf"{_ATOM}(?:\.{_ATOM})*"
_QUOTED = rf'"(?:[ !#-\[\]-~{_BEYOND}]|\\[ -~])*"'
_PATH = re.compile(rf'<(?:(?P<local>{_DOT_STRING}|{_QUOTED})@(?P<domain>\[[!-Z^-~]+\]|[^\x00- <>@\[\]"\\,;:()]+))?>')
_POSTMASTER = re.compile(r"<postmaster>", re.IGNORECASE | re.ASCII)
_PLAIN = re.compile(_DOT_STRING)
_PARAMETER = re.compile(r"(?P<key>[A-Za-z0-9][A-Za-z0-9-]*)(?:=(?P<value>[!-<>-~]+))?")  # RFC 5321 §4.1.2 esmtp-param
_SIZE = re.compile(r"[0-9]{1,20}")  # RFC 1870 §5
_BODIES = frozenset({"7BIT", "8BITMIME"})  # RFC 6152 §3


@dataclass(frozen=True, slots=True)
class Mail:
    """What MAIL said. `reverse_path` is None for `<>`; `size` is what the client claims, 0 where it claims nothing."""

    reverse_path: Path | None
    size: int = 0
    smtputf8: bool = False


def parse_mail(argument: str, *, extended: bool) -> Mail | Reply:  # noqa: PLR0911 - a reply a mistake
    """Read `FROM:<...>` and its parameters, which only a client that said EHLO or LHLO may send."""
    found = _cut(argument, "FROM:")
    if found is None:
        return replies.BAD_SENDER
    match, rest = found
    parameters = _parameters(rest)
    if isinstance(parameters, Reply):
        return parameters
    if parameters and not extended:
        return replies.UNKNOWN_PARAMETER
    size, body = parameters.pop("SIZE", "0"), parameters.pop("BODY", "7BIT")
    smtputf8 = "SMTPUTF8" in parameters
    if parameters.pop("SMTPUTF8", None) or not size or not _SIZE.fullmatch(size):  # SMTPUTF8 has no value
        return replies.BAD_PARAMETER
    if not body or body.upper() not in _BODIES:
        return replies.BAD_PARAMETER
    if parameters:
        return replies.UNKNOWN_PARAMETER
    if match["local"] is None:
        return Mail(None, int(size), smtputf8)
    path = _mailbox(match)
    if path is None:
        return replies.BAD_SENDER
    return Mail(path, int(size), smtputf8) if smtputf8 or path.isascii() else replies.NOT_ASCII


def parse_rcpt(argument: str, *, smtputf8: bool) -> Path | Reply:
    """Read `TO:<...>`. We announce no parameter of RCPT, so every one is unknown."""
    head, tail = argument[:3], argument[3:]
    if fold_ascii(head) == "to:" and (match := _POSTMASTER.match(tail)):  # RFC 5321 §4.1.1.3
        rest, path = tail[match.end() :], Path("postmaster")
    else:
        found = _cut(argument, "TO:")
        if found is None or (mailbox := _mailbox(found[0])) is None:
            return replies.BAD_RECIPIENT
        rest, path = found[1], mailbox
    parameters = _parameters(rest)
    if isinstance(parameters, Reply):
        return parameters
    if parameters:
        return replies.UNKNOWN_PARAMETER
    return path if smtputf8 or path.isascii() else replies.NOT_ASCII


def _cut(argument: str, keyword: str) -> tuple[re.Match[str], str] | None:
    """The path behind its keyword, and what follows it, which begins with a space or is nothing."""
    if fold_ascii(argument[: len(keyword)]) != fold_ascii(keyword):
        return None
    match = _PATH.match(argument, len(keyword))
    if match is None:
        return None
    rest = argument[match.end() :]
    return (match, rest) if not rest or rest[0] == " " else None


def _parameters(rest: str) -> dict[str, str | None] | Reply:
    parameters: dict[str, str | None] = {}
    for word in filter(None, rest.split(" ")):
        match = _PARAMETER.fullmatch(word)
        if match is None or match["key"].upper() in parameters:
            return replies.BAD_PARAMETER
        parameters[match["key"].upper()] = match["value"]
    return parameters


def _mailbox(match: re.Match[str]) -> Path | None:
    if match["local"] is None:
        return None
    local, domain = _plain(match["local"]), match["domain"]
    if len(local.encode()) > PATH_OCTETS or unicodedata.normalize("NFC", local) != local:
        return None
    if not local.isprintable():
        return None
    if domain.startswith("["):
        return Path(f"{local}@{domain}") if _is_literal(domain[1:-1]) else None
    try:
        domain_key(domain.replace("_", "x"))  # no host name has one (RFC 1123 §2.1), but real senders do
    except ValueError:
        return None
    return Path(f"{local}@{domain}")


def _plain(local: str) -> str:
    """A local part in the shortest of its equal spellings: needless quotes mean nothing (RFC 5321 §4.1.2)."""
    if not local.startswith('"'):
        return local
    bare = re.sub(r"\\(.)", r"\1", local[1:-1])
    return bare if _PLAIN.fullmatch(bare) else local


def _is_literal(text: str) -> bool:
    """An IPv4 or IPv6 address literal (RFC 5321 §4.1.3); the general form has no other registered tag."""
    try:
        if fold_ascii(text[:5]) == "ipv6:":
            return IPv6Address(text[5:]).scope_id is None
        IPv4Address(text)
    except AddressValueError:
        return False
    return True
