"""Accounts from a directory (RFC 4511): one search, page by page, over a connection that is proved and only reads.

A result that the server cut off is no answer, and neither is a referral: both would look like customers who left.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ldap3 import NONE, SUBTREE, Connection, Server, Tls
from ldap3.core.exceptions import LDAPException
from ldap3.core.results import RESULT_SUCCESS

from gateway.core.account import Standing
from gateway.core.problem import Problem
from gateway.core.sourced import Roster
from gateway.ports import Unavailable
from gateway.sources.hearing import Hearing

CONNECT_SECONDS = 5
SILENCE_SECONDS = 15
"""The longest wait for the next octets of an answer."""
PAGE = 500
"""So many entries at a time (RFC 2696): Active Directory gives no more than 1,000."""
CHARACTERS = 300
"""Of a server's words, on one line."""
LISTS = frozenset({"secondary", "services"})
_PAGED = "1.2.840.113556.1.4.319"
_PROXY = "smtp:"
"""Before an address in Exchange's proxyAddresses; what begins with another word there is no address."""


@dataclass(frozen=True, slots=True)
class LdapSettings:
    """Which directory, and what of it is an account. `password` is read anew for each round."""

    name: str
    host: str
    port: int
    tls: Literal["none", "starttls", "implicit"]
    ca_file: Path | None
    bind_dn: str
    password: Callable[[], str]
    base: str
    filter: str
    attributes: Mapping[str, str]
    """The attribute that each key of an account is in."""
    defaults: Mapping[str, str]
    """What a key is where an entry has no such attribute."""
    service_kind: str
    """Of a service whose value names none."""
    seconds: float
    folder: Path


class Ldap:
    """ports.Source of a directory."""

    kind = "ldap"

    def __init__(self, settings: LdapSettings) -> None:
        self.name = settings.name
        self._settings = settings
        self._given_up = threading.Event()

    def fetch(self, known: str) -> Roster | None:
        """All entries of the search; None where they are what is `known`. Raises Unavailable."""
        said, of, password = self._settings, f"source {self.name}", ""
        try:
            password = said.password()
            with Hearing(of, said.folder, said.seconds, self._given_up) as hearing:
                with self._bound(of, password) as connection:
                    self._search(connection, hearing)
                return hearing.answer(known)
        except _Odd as fault:
            return Roster("", [Problem(of, 0, *fault.args)])
        except (LDAPException, OSError) as fault:
            words = " ".join(str(fault).split())[:CHARACTERS]
            raise Unavailable(f"{of}: {words.replace(password, '[withheld]') if password else words}") from fault
        except (LookupError, ValueError, TypeError) as fault:  # what ldap3 makes of octets at random
            raise Unavailable(f"{of}: what answers on port {said.port} does not speak LDAP") from fault

    def give_up(self) -> None:
        """Nobody waits any more; from another thread."""
        self._given_up.set()

    @contextmanager
    def _bound(self, of: str, password: str) -> Iterator[Connection]:
        said = self._settings
        if said.bind_dn and not password:  # RFC 4513 §5.1.2: a server would take it for nobody
            raise Unavailable(f"{of}: the password is empty")
        tls = _Proved(validate=ssl.CERT_REQUIRED, ca_certs_file=str(said.ca_file) if said.ca_file else None)
        implicit = said.tls == "implicit"
        server = Server(said.host, said.port, use_ssl=implicit, tls=tls, get_info=NONE, connect_timeout=CONNECT_SECONDS)
        connection = Connection(
            server,
            said.bind_dn or None,
            password or None,
            auto_referrals=False,
            check_names=False,
            read_only=True,
            receive_timeout=SILENCE_SECONDS,
        )
        try:
            connection.open()
            if said.tls == "starttls":
                connection.start_tls()
            if said.tls != "none" and not isinstance(connection.socket, ssl.SSLSocket):  # before anything is said
                raise Unavailable(f"{of}: the server does not start TLS")
            if not connection.bind():
                raise Unavailable(f"{of}: {said.bind_dn or 'anonymous'} is not let in: {_result(connection)}")
            yield connection
            connection.unbind()
        finally:
            if connection.socket is not None:
                connection.socket.close()

    def _search(self, connection: Connection, hearing: Hearing) -> None:
        said, cookie = self._settings, None
        while True:
            hearing.patience()
            connection.search(
                said.base,
                said.filter,
                SUBTREE,
                attributes=sorted(set(said.attributes.values())),
                time_limit=int(hearing.left),
                paged_size=PAGE,
                paged_cookie=cookie,
            )
            if connection.result["result"] != RESULT_SUCCESS:
                raise Unavailable(f"{hearing.of}: {_result(connection)}: a part of the accounts is no answer")
            for entry in connection.response or ():
                if entry["type"] == "searchResEntry":  # Active Directory refers to its other partitions besides
                    hearing.add(_record(said, entry["dn"], entry["raw_attributes"]))
            controls = connection.result.get("controls") or {}
            cookie = controls.get(_PAGED, {}).get("value", {}).get("cookie")
            if not cookie:
                return


class _Proved(Tls):  # type: ignore[misc]  # ldap3 has no types
    """Python's own context, which proves the name in the handshake: ldap3 looks at it later, by what Python gave up."""

    def wrap_socket(self, connection: Connection, do_handshake: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - ldap3's signature
        """Never without the handshake."""
        context = ssl.create_default_context(cafile=self.ca_certs_file)
        connection.socket = context.wrap_socket(connection.socket, server_hostname=connection.server.host)


class _Odd(Exception):  # noqa: N818 - a value, not a fault of ours
    """An entry that is no account: key, what is wrong, what would be right."""


def _record(said: LdapSettings, dn: str, attributes: Mapping[str, list[bytes]]) -> dict[str, Any]:
    found = {name.lower(): values for name, values in attributes.items()}
    if cut := next((name for name in found if ";range=" in name), ""):
        raise _Odd(dn, f"has more of {cut.partition(';')[0]} than the server gives at once", "fewer values")
    record: dict[str, Any] = {**said.defaults}
    if "status" not in said.attributes:  # the filter says who is a customer
        record.setdefault("status", Standing.ACTIVE.value)
    for key, attribute in said.attributes.items():
        values = [_text(dn, attribute, one) for one in found.get(attribute.lower(), ())]
        if key in LISTS:
            record[key] = values
        elif len(values) > 1:
            raise _Odd(dn, f"has {len(values)} values of {attribute}, its {key}", "one value, or another attribute")
        elif values:
            record[key] = values[0]
    addresses = [_address(one) for one in record.get("secondary", ())]
    record["primary"] = primary = _address(record.get("primary", ""))
    once = {one.lower(): one for one in addresses if one and one.lower() != primary.lower()}
    record["secondary"] = list(once.values())
    kind = said.service_kind
    record["services"] = [one if ":" in one or not kind else f"{kind}:{one}" for one in record.get("services", ())]
    return record


def _address(value: str) -> str:
    """The address alone, of `smtp:a@b`; nothing of `sip:a@b` or `x500:/o=...`."""
    if value.lower().startswith(_PROXY):
        return value[len(_PROXY) :]
    return "" if ":" in value else value


def _text(dn: str, attribute: str, octets: bytes) -> str:
    try:
        return octets.decode()
    except UnicodeDecodeError as fault:
        raise _Odd(dn, f"has a value of {attribute} that is not UTF-8", "an attribute of text") from fault


def _result(connection: Connection) -> str:
    found = connection.result or {}
    words = " ".join(f"{found.get('description', 'no answer')} {found.get('message') or ''}".split())
    return words[:CHARACTERS]
