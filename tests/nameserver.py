"""A nameserver for tests: scripted, on loopback, a free port for UDP and TCP, one thread, no waiting.

    with Server({("example.it", "TXT"): ["v=spf1 -all"]}) as server:
        ResolverSettings(nameservers=(server.address,))

It answers as a recursive nameserver would: CNAMEs followed, NXDOMAIN and NODATA apart, each with an SOA. A name may
have a `Deed` instead, which is looked up anew for each question, so a test may heal a name while it runs.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import partial
from typing import Self

from dnslib import AAAA, CNAME, MX, NS, PTR, QTYPE, RCODE, RD, RR, SOA, TXT, A, DNSRecord

LOOPBACK = "127.0.0.1"
PATIENCE = 10.0
"""Seconds after which a test that waits for what never comes fails."""

Value = str | bytes | tuple[bytes, ...] | tuple[int, str]
"""TXT: text, octets, or the strings of one record; MX: preference and host; else an address or a name."""


class Deed(Enum):
    """What is done to a question instead of answering it well."""

    SERVFAIL = auto()
    REFUSED = auto()
    FORMERR_TO_EDNS = auto()
    TRUNCATE = auto()  # by UDP; by TCP the answer
    TRUNCATE_ALWAYS = auto()
    WRONG_ID = auto()
    WRONG_ID_FIRST = auto()  # and then the right one
    WRONG_QUESTION = auto()
    GARBAGE = auto()  # not a message at all
    GARBAGE_INSIDE = auto()  # the right id and question, and then nonsense
    CLOSE_TCP = auto()  # truncates, and hangs up
    REFERRAL = auto()
    SILENCE = auto()
    HOLD = auto()  # answered on release(), UDP only


@dataclass(frozen=True)
class Asked:
    """One question that came."""

    name: str
    kind: str
    transport: str
    payload: int
    """What EDNS says that the client takes by UDP; 0 without EDNS."""


@dataclass
class Server:
    """The zone may be changed while it runs."""

    zone: Mapping[tuple[str, str], list[Value]]
    deeds: dict[str, Deed] = field(default_factory=dict)
    ttl: int = 300
    negative_ttl: int = 120
    asked: list[Asked] = field(default_factory=list)
    host: str = LOOPBACK
    port: int = 0
    """A free one where 0."""

    def __post_init__(self) -> None:
        self._news = threading.Condition()
        self._held: list[Callable[[], None]] = []

    def __enter__(self) -> Self:
        self._udp, self._tcp = _pair(self.host, self.port)
        self._wake, self._stop = socket.socketpair()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.close()
        self._thread.join(PATIENCE)
        for one in (self._udp, self._tcp, self._wake):
            one.close()

    @property
    def address(self) -> tuple[str, int]:
        """IP address and port, the same for UDP and TCP."""
        host, port = self._udp.getsockname()
        return host, port

    def count(self, name: str | None = None, kind: str | None = None) -> int:
        """How many questions came, of this name and kind where given."""
        with self._news:
            return sum(name in {None, one.name} and kind in {None, one.kind} for one in self.asked)

    def wait(self, number: int) -> None:
        """Returns when so many questions have come. Blocks: from a coroutine by `asyncio.to_thread`."""
        with self._news:
            assert self._news.wait_for(lambda: len(self.asked) >= number, PATIENCE), self.asked

    def release(self) -> None:
        """Answer what is held."""
        with self._news:
            held, self._held = self._held, []
        for answer in held:
            answer()

    def _serve(self) -> None:
        with selectors.DefaultSelector() as selector:
            for one in (self._udp, self._tcp, self._wake):
                selector.register(one, selectors.EVENT_READ)
            while True:
                ready = {key.fileobj for key, _ in selector.select()}
                if self._wake in ready:
                    return
                if self._udp in ready:
                    octets, peer = self._udp.recvfrom(65535)
                    self._question(octets, "udp", partial(self._datagram, peer))
                if self._tcp in ready:
                    self._connection(self._tcp.accept()[0])

    def _datagram(self, peer: tuple[str, int], wire: bytes) -> None:
        self._udp.sendto(wire, peer)

    def _connection(self, connection: socket.socket) -> None:
        connection.settimeout(PATIENCE)
        with connection, connection.makefile("rb") as stream, contextlib.suppress(OSError):
            octets = stream.read(int.from_bytes(stream.read(2), "big"))
            self._question(octets, "tcp", lambda wire: connection.sendall(len(wire).to_bytes(2, "big") + wire))

    def _question(self, octets: bytes, transport: str, send: Callable[[bytes], None]) -> None:
        query = DNSRecord.parse(octets)
        name, kind = str(query.q.qname).rstrip(".").lower(), QTYPE[query.q.qtype]
        payload = next((one.rclass for one in query.ar if one.rtype == QTYPE.OPT), 0)
        asked = Asked(name, kind, transport, payload)
        deed = self.deeds.get(name)
        answer = partial(_send, send, self._wires(query, asked, deed))
        with self._news:
            if deed is Deed.HOLD:
                self._held.append(answer)
            self.asked.append(asked)
            self._news.notify_all()
        if deed is not Deed.HOLD:
            answer()

    def _wires(self, query: DNSRecord, asked: Asked, deed: Deed | None) -> list[bytes]:
        empty = query.reply(ra=1, aa=0)
        whole = self._filled(query.reply(ra=1, aa=0), asked.name, asked.kind).pack()
        short = deed in {Deed.TRUNCATE, Deed.CLOSE_TCP} or len(whole) > max(asked.payload, 512)
        if (asked.transport == "udp" and short) or deed is Deed.TRUNCATE_ALWAYS:
            empty.header.tc = 1
            return [bytes(empty.pack())]
        stranger = bytes([whole[0] ^ 0xFF]) + whole[1:]
        elsewhere = query.reply(ra=0, aa=0)
        elsewhere.add_auth(RR("it", QTYPE.NS, rdata=NS("a.dns.it"), ttl=self.ttl))
        answers = {
            Deed.SERVFAIL: [_with_code(empty, RCODE.SERVFAIL)],
            Deed.REFUSED: [_with_code(empty, RCODE.REFUSED)],
            Deed.FORMERR_TO_EDNS: [_with_code(empty, RCODE.FORMERR) if asked.payload else whole],
            Deed.WRONG_ID: [stranger],
            Deed.WRONG_ID_FIRST: [stranger, whole],
            Deed.WRONG_QUESTION: [whole[:13] + bytes([whole[13] ^ 1]) + whole[14:]],
            Deed.GARBAGE: [b"not a message of any kind"],
            Deed.GARBAGE_INSIDE: [whole[:6] + b"\0\1" + whole[8:-1]],
            Deed.CLOSE_TCP: [],
            Deed.REFERRAL: [elsewhere.pack()],
            Deed.SILENCE: [],
        }
        return answers.get(deed, [whole]) if deed else [whole]

    def _filled(self, reply: DNSRecord, name: str, kind: str) -> DNSRecord:
        for _ in range(8):
            chain = self.zone.get((name, "CNAME"))
            if chain is None:
                break
            reply.add_answer(self._record(name, "CNAME", chain[0]))
            name = str(chain[0])
        values = self.zone.get((name, kind), [])
        reply.add_answer(*(self._record(name, kind, value) for value in values))
        if not values:
            exists = any(one == name or one.endswith("." + name) for one, _ in self.zone)
            reply.header.rcode = RCODE.NOERROR if exists else RCODE.NXDOMAIN
            times = (1, 3600, 600, 86400, self.negative_ttl)
            reply.add_auth(RR(".", QTYPE.SOA, ttl=86400, rdata=SOA("ns.test", "hostmaster.test", times)))
        return reply

    def _record(self, name: str, kind: str, value: Value) -> RR:
        return RR(name, getattr(QTYPE, kind), ttl=self.ttl, rdata=_rdata(kind, value))


def _send(send: Callable[[bytes], None], wires: list[bytes]) -> None:
    for wire in wires:
        send(wire)


def _with_code(reply: DNSRecord, code: int) -> bytes:
    reply.header.rcode = code
    return bytes(reply.pack())


def _rdata(kind: str, value: Value) -> RD:
    match kind, value:
        case "TXT", str() | bytes():
            octets = value.encode() if isinstance(value, str) else value
            return TXT([octets[at : at + 255] for at in range(0, len(octets), 255)] or [b""])
        case "TXT", tuple():
            return TXT(list(value))
        case "MX", (preference, host):
            return MX(host, preference)
    return {"A": A, "AAAA": AAAA, "PTR": PTR, "CNAME": CNAME}[kind](value)


def _pair(host: str, port: int) -> tuple[socket.socket, socket.socket]:
    """UDP and TCP sockets of one port; the system chooses it for one, and the other may have to try again."""
    while True:
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.bind((host, port))
        tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            tcp.bind(udp.getsockname())
        except OSError:
            udp.close()
            tcp.close()
            if port:
                raise
            continue
        tcp.listen()
        return udp, tcp
