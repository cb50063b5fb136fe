"""The house: what an installation is, whatever message comes in; as configured, and replaced whole on a reload."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from gateway.core.account import Account
from gateway.core.case import Case
from gateway.core.committed import Ask
from gateway.core.confirm import told, whom
from gateway.core.confirmation import OPEN_FOR
from gateway.core.policy import Policy
from gateway.core.reference import tag
from gateway.core.reply import Kind, Reply, Words
from gateway.core.served import Served
from gateway.ports import Wording

UNASKED: Mapping[str, str] = MappingProxyType({"when": "", "until": "", "as_primary": "", "digest": ""})
"""What only a question to a primary says."""


@dataclass(frozen=True, slots=True)
class House:
    """What the installation is: its name, its recipients, its rules, its words."""

    hostname: str
    sender_name: str
    served: Served
    policy: Policy
    wording: Wording
    verify_always: bool = False
    """Whether our own checks are made beside a border's pass as well."""
    panel: str = ""
    """Where customers ask for what is not done by mail (R8)."""
    shared_domains: frozenset[str] = frozenset()
    """The operator's own shared providers (threats rule 8), as lower-case A-labels."""
    digest: str = ""
    """Of everything that an examiner is made of, in the configuration and the files that it names."""

    def words(  # noqa: PLR0913, PLR0917 - a fact each
        self,
        name: str,
        account: Account,
        reference: str,
        subject: str,
        text: str = "",
        question: Mapping[str, str] = UNASKED,
    ) -> Words:
        """The words of a kind of reply, or of an answer by its name, in the account's language (R12)."""
        return self.wording.render(
            name,
            account.language,
            {
                "reference": reference,
                "tag": tag(reference),
                "subject": subject,
                "name": account.name,
                "text": text,
                "sender": self.sender_name,
                "hostname": self.hostname,
                "panel": self.panel,
                **question,
            },
        )

    def question(self, case: Case, row: str, reference: str) -> Ask:
        """What is asked about a message: as much work for those whom nobody asks (I10)."""
        account, asking, expires = whom(case), self.policy.confirmation, case.arrival.at + OPEN_FOR
        words = self.words(Kind.CONFIRM, account, reference, "", question=told(case, account, expires, asking))
        return Ask(Reply(row, account.id, reference, Kind.CONFIRM, words, about=case.arrival.id), asking, expires)
