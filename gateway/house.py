"""The house: what an installation is, whatever message comes in; as configured, and replaced whole on a reload."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.core.account import Account
from gateway.core.policy import Policy
from gateway.core.reference import tag
from gateway.core.reply import Words
from gateway.core.served import Served
from gateway.ports import Wording


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

    def words(self, name: str, account: Account, reference: str, subject: str, text: str = "") -> Words:
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
            },
        )
