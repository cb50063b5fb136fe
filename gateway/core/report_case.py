"""Reports in words: whether what reads like one is a customer's mail, which is known once its author is."""

from __future__ import annotations

from gateway.core.case import Case
from gateway.core.message import DeliveryReport, Message


def told_apart(case: Case) -> Case:
    """The case of a delivery report, where what reads like one is nobody's whom we know to have written it.

    Whoever writes to a support desk about mail that fails has a name like a mail system's sooner than others, and
    quotes what it said. Where the evidence proves a registered author, and no program marked it as its own, it is mail.
    """
    message = case.parsed
    if not isinstance(message, Message) or message.report is None:
        return case
    proved = case.evidence.aligned and case.sender is not None and bool(case.sender.accounts)
    if proved and message.automatic is None:
        return case
    return Case(
        case.arrival, DeliveryReport(message.header, message.report), bounced=case.bounced, override=case.override
    )
