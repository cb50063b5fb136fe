"""Confirming through the primary: who is asked about what is held, and whose answer counts.

It opens no door. A question tells the account's own primary that somebody wrote as them; an answer is an override like
an operator's, of one reason, and `authorize()` decides as ever (I2). Its token opens nothing alone (threats rule 9).
"""

from __future__ import annotations

from datetime import datetime

from gateway.core.account import Account, Language, Standing
from gateway.core.address import Address
from gateway.core.case import Case, Override
from gateway.core.confirmation import Asking, State, word
from gateway.core.message import Message
from gateway.core.policy import Policy
from gateway.core.reason import Disposition, Reason
from gateway.core.verdict import Objection, Refuse, Verdict

MINUTE = "%Y-%m-%d %H:%M UTC"
CONFIRMABLE = frozenset({Reason.UNAUTHENTICATED, Reason.POLICY})
"""For what is held because of these the primary's word is as good as an operator's."""


NOBODY = Account(0, "", "", Language.IT, Standing.CLOSED, Address("", ""))
"""Never written to. A question to them is worked out all the same: who is registered is not to be timed (I10)."""


def asks(case: Case, verdict: Verdict, policy: Policy) -> bool:
    """Whether a message is one to ask about, whoever is registered.

    Only what a rule holds for it. A flood, a virus and a program have reasons of their own, and so ask nobody (I6);
    nor does an answer that failed, or a question would beget the next.
    """
    if policy.confirmation is Asking.OFF or not isinstance(verdict, Refuse) or not verdict.hold.confirm:
        return False
    held = verdict.disposition is Disposition.QUARANTINE and verdict.reason in CONFIRMABLE and not verdict.flood
    return held and case.confirmation is None and case.override is None


def whom(case: Case) -> Account:
    """Whose primary is asked: the one active account that the author claims to be of, or `NOBODY`."""
    accounts = case.sender.accounts if case.sender else ()
    return accounts[0] if len(accounts) == 1 and accounts[0].status is Standing.ACTIVE else NOBODY


def told(case: Case, account: Account, expires: datetime, asking: Asking) -> dict[str, str]:
    """What the letter may say. Nothing in it was chosen by whoever wrote, but one of the account's own addresses."""
    author = case.sender.author.key if case.sender else ""
    return {
        "when": f"{case.arrival.at:{MINUTE}}",
        "until": f"{expires:{MINUTE}}",
        "as_primary": "yes" if author == account.primary.key else "",
        "digest": "yes" if asking is Asking.DIGEST else "",
    }


def answer(case: Case) -> Objection | None:
    """The primary's own word, which is filed as such and opens no ticket. Any other mail goes the way of all mail.

    It counts when the author is proved, and is the primary of now (R1, R7): whoever else has the token has nothing.
    """
    asked = case.confirmation
    if asked is None or case.override is not None or not isinstance(case.parsed, Message):
        return None
    if not case.evidence.aligned or case.parsed.author.key != asked.account.primary.key:
        return None
    said, state = word(case.parsed.body.text), asked.at(case.arrival.at)
    if said is None or state not in {State.OPEN, said} or asked.account.status is not Standing.ACTIVE:
        return None  # too late, or the opposite of before: staff read it in a ticket
    if state is State.OPEN and not asked.agrees(said):
        return None  # a person has judged otherwise
    again = "" if state is State.OPEN else ", again"
    return Objection(Reason.CONFIRMATION, f"the primary of {asked.account.code} on {asked.message_id}: {said}{again}")


def answered(case: Case, verdict: Verdict) -> State | None:
    """What a message answers to a question that is open: the verdict is that of `answer()`, and nothing was before."""
    asked = case.confirmation
    if asked is None or verdict.reason is not Reason.CONFIRMATION or not isinstance(case.parsed, Message):
        return None
    return word(case.parsed.body.text) if asked.at(case.arrival.at) is State.OPEN else None


def by(account: Account) -> str:
    """Who released or refused it, as records name them."""
    return f"the primary of {account.code}"


def override(account: Account, reason: Reason) -> Override:
    """What the primary takes on: that the message is theirs, against the one reason it is held for."""
    return Override(by(account), frozenset({reason}) & CONFIRMABLE, account.code)
