"""The door in: the one function that can say yes (I2). No rule, policy or ingress before it is trusted."""

# The only call of AuthorizedSender is in this file.

from __future__ import annotations

from gateway.core.account import Account, Sender, Standing
from gateway.core.case import Case
from gateway.core.likeness import imitated
from gateway.core.message import Message
from gateway.core.reason import Reason
from gateway.core.verdict import AuthorizedSender, Objection


def authorize(case: Case) -> AuthorizedSender | Objection:
    """One registered account in good standing, aligned evidence, nobody else's name, own tickets and services.

    Evidence comes first, accounts second (threats rule 1): what a forger can learn does not depend on who is
    registered. An operator's override stands in for evidence or for the choice of the account, never for registration.
    """
    if not isinstance(case.parsed, Message) or case.sender is None or case.sender.author != case.parsed.author:
        return Objection(Reason.MALFORMED_AUTHOR, "no author that could be authorized")
    if not case.evidence.aligned and not case.waived(Reason.UNAUTHENTICATED):
        return Objection(Reason.UNAUTHENTICATED, case.evidence.detail)
    account = _one_account(case, case.sender)
    if isinstance(account, Objection):
        return account
    if account.status is not Standing.ACTIVE:
        return Objection(Reason.ACCOUNT_SUSPENDED, f"account {account.code} is {account.status}")
    objection = _imitation(case, case.sender, account) or _trespass(case, account)
    return objection or AuthorizedSender(account, case.sender.author)


def _one_account(case: Case, sender: Sender) -> Account | Objection:
    if not sender.accounts:
        nowhere = f"{sender.author} is on no account"
        if like := imitated(sender, case.resembled):  # no override helps: whom one resembles one is not
            return Objection(Reason.LOOK_ALIKE, f"{nowhere}, and {like[0]}")
        return Objection(Reason.UNREGISTERED, nowhere)  # R2
    chosen = sender.accounts
    if case.override is not None and case.override.account is not None:
        chosen = tuple(account for account in chosen if account.code == case.override.account)
        if not chosen:
            return Objection(Reason.UNREGISTERED, f"{sender.author} is not on account {case.override.account}")
    if len(chosen) > 1:
        codes = ", ".join(account.code for account in chosen)
        return Objection(Reason.AMBIGUOUS_ACCOUNT, f"{sender.author} is on several accounts: {codes}")
    return chosen[0]


def _imitation(case: Case, sender: Sender, account: Account) -> Objection | None:
    """A registered author whose display name is somebody else's address: staff would take one for the other."""
    like = imitated(sender, case.resembled)
    if not like or case.waived(Reason.LOOK_ALIKE):
        return None
    return Objection(Reason.LOOK_ALIKE, f"{sender.author} is on {account.code}, and {like[0]}")


def _trespass(case: Case, account: Account) -> Objection | None:
    """R3: nothing about another account's ticket or service, not even that it exists."""
    if not case.waived(Reason.TICKET_OF_ANOTHER_ACCOUNT):
        for mention in case.mentions:
            if mention.ticket is None or mention.ticket.account_id != account.id:  # I10: no such ticket looks the same
                owner = "no ticket" if mention.ticket is None else "a ticket of another account"
                return Objection(
                    Reason.TICKET_OF_ANOTHER_ACCOUNT,
                    f"{mention.reference} in the {mention.found} is {owner}",
                )
    if not case.waived(Reason.SERVICE_OF_ANOTHER_ACCOUNT):
        if case.named.beyond:  # what was not looked up may be anybody's
            return Objection(Reason.SERVICE_OF_ANOTHER_ACCOUNT, f"names too much to look up: {case.named.beyond}")
        own = {service.key for service in case.about if service.account_id == account.id}
        for service in case.about:
            if service.key not in own:  # a name that both hold, each for another kind of service, is the author's own
                return Objection(
                    Reason.SERVICE_OF_ANOTHER_ACCOUNT,
                    f"{service.kind} {service.name} is held by another account",
                )
    return None
