"""Whether the time of a reply tells a stranger what the accounts hold (I10): distributions from the dot to the reply.

One real daemon, at the edge and behind an MTA; every kind of message once in each round, in an order that is drawn
anew, so that whatever else the machine does falls on all alike. Messages are of one length and all name a ticket, so
what differs is only what we hold. Compared are refusals: those with evidence among themselves, and those without. On
a busy machine the clock says little; the processor time that the daemon took until the reply still does.
"""

from __future__ import annotations

import random
import smtplib
import socket
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import count
from math import hypot
from pathlib import Path
from statistics import median

from report import say, table

from e2e.border import message
from e2e.process import Gateway, committed_id
from e2e.waiting import LOOPBACK, free_port
from gateway.core.reference import make_reference, tag
from nameserver import Server

ROUNDS = 1_000
SECONDS = 150  # then it has to do with fewer rounds
WARM_UP = 50
CUSTOMER, NOBODY, OTHER = "tecnico@rossi.example", "nessuno@rossi.example", "dev@smith.example"
ZONE = {
    ("rossi.example", "TXT"): ["v=spf1 ip4:127.0.0.1 -all"],
    ("_dmarc.rossi.example", "TXT"): ["v=DMARC1; p=reject"],
}
PLACES = {"behind an MTA": "behind", "at the edge": "edge"}
_EDGE = """\
  - name: edge
    listen: 127.0.0.1:{port}
    protocol: smtp
    position: edge
outbound:
"""


@dataclass(frozen=True, slots=True)
class Kind:
    """A message to be timed. `group` are those that must be alike; the accepted one is alone in its own."""

    name: str
    group: str
    author: str
    reference: str
    proved: bool

    def mail(self, place: str) -> tuple[str, bytes]:
        """Its reverse-path and octets. At the edge SPF is the evidence, behind an MTA the border's word."""
        evidence = "none" if place == "edge" else "pass" if self.proved else "fail"
        subject = f"Domanda {tag(self.reference)}" if self.reference else "Domanda sul sito mio"
        sender = self.author if self.proved else "someone@attack.example"
        return sender, message(self.author, evidence, subject=subject, message_id=f"<{next(_NUMBERS):010}@x.example>")


_NUMBERS = count(1)


def main() -> None:
    """Both tables, as Markdown."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="timing-")))
        silent = stack.enter_context(closing(socket.create_server((LOOPBACK, 0))))
        nameserver = stack.enter_context(Server(ZONE, ttl=86400))
        ports = {"edge": free_port()}
        gateway = Gateway(folder, silent.getsockname()[1], fresh=True)
        ports["behind"] = gateway.smtp
        text = gateway.config.read_text().replace("outbound:\n", _EDGE.format(port=ports["edge"]))
        host, port = nameserver.address
        gateway.config.write_text(f"{text}authentication:\n  nameservers: ['{host}:{port}']\n")
        stack.enter_context(gateway)
        gateway.accept(message(OTHER), OTHER)
        (ticket,) = gateway.records("tickets", "list")
        kinds = all_kinds(ticket["ref"])
        found = timed(kinds, ports, gateway.running.pid)
        rounds = len(found[kinds[0], "edge"])
        held(gateway, rounds)
    say("", f"{rounds} messages of each kind.")
    for title, place in PLACES.items():
        head = (f"dot to reply {title}", "p10, ms", "median", "p90", "to the first", "processor, ms", "to the first")
        table(*head, rows=rows(kinds, {kind: found[kind, place] for kind in kinds}))


def rows(kinds: list[Kind], found: dict[Kind, list[tuple[float, float]]]) -> Iterator[tuple[str, ...]]:
    """Each kind beside the first of its group."""
    firsts: dict[str, tuple[list[float], list[float]]] = {}
    for kind in kinds:
        clock, processor = (sorted(times) for times in zip(*found[kind], strict=True))
        first = firsts.setdefault(kind.group, (clock, processor))
        low, high = (f"{clock[len(clock) * q // 10] * 1000:.2f}" for q in (1, 9))
        middles = (f"{median(times) * 1000:.3f}" for times in (clock, processor))
        yield (
            f"{kind.group}: {kind.name}",
            low,
            next(middles),
            high,
            against(clock, first[0]),
            next(middles),
            against(processor, first[1]),
        )


def all_kinds(of_another: str) -> list[Kind]:
    """One that is accepted, and those that must be alike: four with evidence, four without."""
    nowhere = make_reference(2**44 + 12345)
    return [
        Kind("registered, no ticket", "accepted", CUSTOMER, "", proved=True),
        *(
            Kind(f"{who}, {what}", group, author, reference, proved)
            for group, proved in (("authenticated", True), ("unauthenticated", False))
            for who, author in (("unregistered", NOBODY), ("registered", CUSTOMER))
            for what, reference in (("no such ticket", nowhere), ("ticket of another account", of_another))
        ),
    ]


def timed(kinds: list[Kind], ports: dict[str, int], pid: int) -> dict[tuple[Kind, str], list[tuple[float, float]]]:
    """Seconds from the last octet to the reply, and of the daemon's processor; on one connection for each place."""
    times = defaultdict(list)
    chance = random.Random(10)  # noqa: S311 - an order
    with ExitStack() as stack:
        clients = {
            place: stack.enter_context(closing(smtplib.SMTP(LOOPBACK, port, timeout=60)))
            for place, port in ports.items()
        }
        for client in clients.values():
            client.ehlo()
        end = time.monotonic() + SECONDS
        for turn in range(-WARM_UP, ROUNDS):
            if time.monotonic() > end:
                break
            turns = [(kind, place) for kind in kinds for place in clients]
            chance.shuffle(turns)
            for kind, place in turns:
                seconds = once(clients[place], *kind.mail(place), pid)
                if turn >= 0:
                    times[kind, place].append(seconds)
    return times


def once(client: smtplib.SMTP, sender: str, data: bytes, pid: int) -> tuple[float, float]:
    """One transaction."""
    client.mail(sender)
    client.rcpt("support@example.it")
    client.putcmd("DATA")
    assert client.getreply()[0] == 354
    before, start = processor_seconds(pid), time.perf_counter()
    client.send(data + b".\r\n")
    reply = client.getreply()
    took = time.perf_counter() - start
    committed_id(*reply)
    return took, processor_seconds(pid) - before


def processor_seconds(pid: int) -> float:
    """What all threads of a process have had so far (proc(5): schedstat, in nanoseconds)."""
    return sum(int(path.read_text().split()[0]) for path in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9


def against(times: list[float], first: list[float]) -> str:
    """The median as a multiple of the first one's, and by how much that may be off at 95 %. Both are sorted."""
    off = hypot(doubt(times), 0 if times is first else doubt(first))
    return f"{median(times) / median(first):.3f} ± {off:.3f}"


def doubt(times: list[float]) -> float:
    """Of sorted times, by how much the median may be off at 95 %, as a share of it (by order statistics)."""
    middle, apart = len(times) // 2, int(len(times) ** 0.5)
    return (times[middle + apart] - times[middle - apart]) / 2 / times[middle]


def held(gateway: Gateway, rounds: int) -> None:
    """Each was judged as it is called, or the comparison means nothing."""
    with closing(gateway.database()) as database:
        found = dict(database.execute("select reason, count(*) from message group by reason").fetchall())
    places, each = len(PLACES), rounds + WARM_UP
    assert found == {
        "registered": places * each + 1,
        "unregistered": 2 * places * each,
        "ticket-of-another-account": 2 * places * each,
        "unauthenticated": 4 * places * each,
    }, found
