"""A DNS made of a dict, and the driver that asks it for SPF."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address

from gateway.core.inquiry import Answer, Found, Inquiry, Question
from gateway.core.spf import SpfResult, check_host

DOMAIN = "rossi.example"
CLIENT = "192.0.2.3"
CLIENT6 = "2001:db8::cb01"


@dataclass
class Zone:
    """`name kind` to values. A name without an entry does not exist; one that has other kinds has no data."""

    entries: Mapping[str, list[str] | Found]
    asked: list[str] = field(default_factory=list)

    def answer(self, question: Question) -> Answer:
        assert question.name == question.name.lower().removesuffix(".")
        self.asked.append(f"{question.name} {question.kind}")
        entry = self.entries.get(self.asked[-1])
        if isinstance(entry, Found):
            return Answer(entry)
        if not entry:
            names = {key.split(" ")[0] for key in self.entries}
            return Answer(Found.NO_DATA if question.name in names else Found.NO_SUCH_NAME)
        if question.kind == "TXT":
            return Answer(Found.VALUES, tuple(one.encode("latin-1") for one in entry))
        return Answer(Found.VALUES, tuple(entry))

    def drive(self, inquiry: Inquiry[SpfResult]) -> SpfResult:
        try:
            question = next(inquiry)
            while True:
                question = inquiry.send(self.answer(question))
        except StopIteration as end:
            return end.value


def judge(
    entries: Mapping[str, list[str] | Found] | str,
    ip: str = CLIENT,
    *,
    domain: str = DOMAIN,
    sender: str = "anna@rossi.example",
    helo: str = "mail.rossi.example",
) -> tuple[SpfResult, list[str]]:
    """The result and what was asked. A text in place of a zone is the record of the domain."""
    zone = Zone({f"{DOMAIN} TXT": [entries]} if isinstance(entries, str) else entries)
    return zone.drive(check_host(ip_address(ip), domain, sender, helo)), zone.asked


def result(entries: Mapping[str, list[str] | Found] | str, ip: str = CLIENT, **more: str) -> str:
    """The result word alone."""
    return judge(entries, ip, **more)[0].result


def with_record(text: str, entries: Mapping[str, list[str] | Found]) -> dict[str, list[str] | Found]:
    """The zone of a domain with this record, and what else there is."""
    return {f"{DOMAIN} TXT": [text], **entries}
