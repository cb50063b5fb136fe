"""Values that a file writes as text: sizes, durations, rates, addresses, endpoints, paths. Text to types, strictly.

Every reader raises ValueError with words for an operator; `Written` hands them on with what would be right.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from datetime import date, timedelta
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import parse_qs, urlsplit

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from gateway.config.nouns import Database, Endpoint, Mailbox, Rate, UnixSocket, is_loopback
from gateway.core.address import Address, domain_key

_SIZES = {"KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_PERIODS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_PANEL = re.compile(r"https://[A-Za-z0-9][\x21-\x7e]{0,253}")
_AUTHSERV_ID = re.compile(r"[A-Za-z0-9._-]{1,255}")
_MAILBOX = re.compile(r'(?:"(?P<quoted>[^"\\<>]*)"|(?P<plain>[^"\\<>]*?))\s*<(?P<address>[^<>\s]+)>')
_SCHEMES = ("sqlite", "postgresql", "postgresql+psycopg")
_SOURCES = (*_SCHEMES, "mysql", "mysql+pymysql", "mariadb", "mariadb+pymysql", "mssql", "mssql+pyodbc")
_SECRETS = {"password", "sslpassword", "passwd", "pwd", "odbc_connect"}


class Written:
    """Annotation: a value that the file writes as text. `right` is an example; paths start from the reader's second."""

    def __init__(self, reader: Callable[[str, Path], object], right: str) -> None:
        self._reader = reader
        self._right = right

    def __get_pydantic_core_schema__(self, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_info_plain_validator_function(self._validate)

    def __get_pydantic_json_schema__(self, _schema: CoreSchema, _handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "examples": [self._right]}

    def _validate(self, value: object, info: ValidationInfo) -> object:
        directory = info.context.parent if isinstance(info.context, Path) else Path()
        try:
            return self._reader(_text(value), directory)
        except ValueError as fault:
            raise PydanticCustomError("written", "{wrong}", {"wrong": str(fault), "right": self._right}) from fault


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("is not text")  # noqa: TRY004 - a ValueError is what `Written` turns into words
    return value


def _number(text: str, units: dict[str, int], between: str = "") -> tuple[int, int]:
    match = re.fullmatch(rf"([1-9][0-9]{{0,8}}){between}({'|'.join(units)})", text)
    if match is None:
        raise ValueError(f"is not a whole number from 1, then one of {', '.join(units)}")
    return int(match[1]), units[match[2]]


def size(text: str) -> int:
    """Octets, as 10MiB. Raises ValueError."""
    number, unit = _number(text, _SIZES)
    return number * unit


def _octets(text: str, _: Path) -> int:
    octets = size(text)
    if not 64 * 1024 <= octets <= 1024**3:  # RFC 5321 §4.5.3.1.7 wants 64K at least
        raise ValueError("is not between 64KiB and 1GiB")
    return octets


def _inline(text: str, _: Path) -> int:
    octets = size(text)
    if not 4 * 1024 <= octets <= 1024**3:  # under that a file is larger than what it holds
        raise ValueError("is not between 4KiB and 1GiB")
    return octets


def duration(text: str, longest: int = 365) -> timedelta:
    """`90s`, `1h`, `14d`, up to so many days. Raises ValueError."""
    number, unit = _number(text, _SECONDS)
    if number * unit > longest * 86400:
        raise ValueError(f"is over {longest}d")
    return timedelta(seconds=number * unit)


def _duration(text: str, _: Path) -> timedelta:
    return duration(text)


def _rate(text: str, _: Path) -> Rate:
    number, unit = _number(text, _PERIODS, "/")
    return Rate(number, timedelta(seconds=unit))


def _name(text: str, _: Path) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError("is not 1 to 32 of a-z, 0-9 and -, beginning with a letter or a digit")
    return text


def _authserv_id(text: str, _: Path) -> str:
    if not _AUTHSERV_ID.fullmatch(text):
        raise ValueError("is not an authserv-id (RFC 8601 §2.5)")
    return text


def _host(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        if re.fullmatch(r"[0-9.]+", text) or ":" in text:
            raise ValueError("is neither an IP address nor a host name") from None
        return domain_key(text)


def _endpoint(text: str, _: Path) -> Endpoint:
    match = re.fullmatch(r"(?:\[([0-9A-Fa-f:.]+)\]|([^:\[\]]+)):([0-9]{1,5})", text)
    if match is None:
        raise ValueError("is not HOST:PORT")
    if not 0 < int(match[3]) < 1 << 16:
        raise ValueError("has a port that is not between 1 and 65535")
    return Endpoint(_host(match[1] or match[2]), int(match[3]))


def _listen(text: str, directory: Path) -> Endpoint | UnixSocket:
    if text.startswith("unix:"):
        return UnixSocket(_path(text.removeprefix("unix:"), directory))
    return _endpoint(text, directory)


def _nameserver(text: str, directory: Path) -> Endpoint:
    endpoint = _endpoint(text, directory)
    ip_address(endpoint.host)  # a name server cannot be looked up by name
    return endpoint


def _peer(text: str, _: Path) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text)
    except ValueError as fault:
        raise ValueError(f"is not an IP address or network: {fault}") from fault


def _address(text: str, _: Path) -> Address:
    try:
        address = Address.parse(text)
    except ValueError as fault:
        raise ValueError(f"is not an address: {fault}") from fault
    if not address.is_ascii:
        raise ValueError("is not ASCII: our own addresses must travel without SMTPUTF8 (RFC 6531)")
    return address


def _mailbox(text: str, directory: Path) -> Mailbox:
    if match := _MAILBOX.fullmatch(text.strip()):
        name = (match["quoted"] or match["plain"] or "").strip()
        if not name.isprintable():
            raise ValueError("has a name that is not printable")
        return Mailbox(name, _address(match["address"], directory))
    return Mailbox("", _address(text, directory))


def _path(text: str, directory: Path) -> Path:
    if not text or not text.isprintable():
        raise ValueError("is not a path")
    path = directory / text
    return Path(os.path.realpath(path.parent)) / path.name  # a last link stays: certificates are renewed behind it


def _database(text: str, directory: Path) -> Database:
    if urlsplit(text).scheme not in _SCHEMES:
        raise ValueError("is not a sqlite or postgresql URL")
    return _served(text, directory, "database_password_file")


def _source(text: str, directory: Path) -> str:
    if urlsplit(text).scheme not in _SOURCES:
        raise ValueError("is not a postgresql, mysql, mariadb, mssql or sqlite URL")
    return _served(text, directory, "password_file").url


def _served(text: str, directory: Path, key: str) -> Database:
    url = urlsplit(text)
    if url.scheme == "sqlite":
        file = url.path.removeprefix("/")
        if url.netloc or url.query or not text.startswith("sqlite:///") or not file:
            raise ValueError("has not the form sqlite:///FILE")
        path = _path(file, directory)
        return Database(f"sqlite:///{path}", path)
    if url.password is not None or _SECRETS & {one.lower() for one in parse_qs(url.query)}:
        raise ValueError(f"holds a password; a secret is never a value: name its file as {key}")
    if not url.path.removeprefix("/"):
        raise ValueError(f"has not the form {url.scheme}://USER@HOST/NAME")
    return Database(text, None)


def _start(text: str, _: Path) -> str | date:
    if text in ("new", "all"):
        return text
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError("is neither new, nor all, nor a date") from None


def _day(text: str, _: Path) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError("is not a date") from None


def _url(text: str, _: Path) -> str:
    url = urlsplit(text)  # raises ValueError
    if "@" in url.netloc:
        raise ValueError("holds a user or a password; a secret is never a value")
    if not re.fullmatch(r"[\x21-\x7e]{1,2000}", text) or not url.hostname or url.fragment:
        raise ValueError("is not a URL of a host")
    if url.scheme != "https" and not (url.scheme == "http" and is_loopback(url.hostname)):
        raise ValueError("is not https, which only loopback may do without: secrets go there")
    return text


def _hostname(text: str, _: Path) -> str:
    return domain_key(text)


def _panel(text: str, _: Path) -> str:
    if not _PANEL.fullmatch(text):
        raise ValueError("is not an address that begins with https://, in plain ASCII")
    return text


HostName = Annotated[str, Written(_hostname, "gateway.example.it")]
Host = Annotated[str, Written(lambda text, _: _host(text), "imap.example.it")]
Name = Annotated[str, Written(_name, "from-mta")]
AuthservId = Annotated[str, Written(_authserv_id, "mx.example.it")]
Octets = Annotated[int, Written(_octets, "25MiB")]
Inline = Annotated[int, Written(_inline, "256KiB")]
Duration = Annotated[timedelta, Written(_duration, "5d")]
Limit = Annotated[Rate, Written(_rate, "20/day")]
Tcp = Annotated[Endpoint, Written(_endpoint, "127.0.0.1:25")]
Listen = Annotated[Endpoint | UnixSocket, Written(_listen, "127.0.0.1:8025")]
NameServer = Annotated[Endpoint, Written(_nameserver, "127.0.0.1:53")]
Peer = Annotated[IPv4Network | IPv6Network, Written(_peer, "127.0.0.1")]
OwnAddress = Annotated[Address, Written(_address, "support@example.it")]
From = Annotated[Mailbox, Written(_mailbox, "Assistenza <support@example.it>")]
PanelUrl = Annotated[str, Written(_panel, "https://panel.example.it/")]
FilePath = Annotated[Path, Written(_path, "./gateway-file")]
Day = Annotated[date, Written(_day, "2027-05-31")]
Url = Annotated[str, Written(_url, "https://login.example.it/oauth2/token")]
DatabaseUrl = Annotated[Database, Written(_database, "sqlite:///../var/gateway.db")]
SourceUrl = Annotated[str, Written(_source, "postgresql://reader@crm.example.it/crm")]
Start = Annotated[Literal["new", "all"] | date, Written(_start, "2026-11-22")]
