"""Reasons and dispositions: the stable words in which a verdict is told."""

from __future__ import annotations

from enum import StrEnum, unique


@unique
class Disposition(StrEnum):
    """What became of a message. Every arrival ends in exactly one (I11)."""

    ACCEPT = "accept"
    QUARANTINE = "quarantine"
    REJECT = "reject"
    DISCARD = "discard"
    FAILED = "failed"


@unique
class Reason(StrEnum):
    """Why. Stable kebab-case words that scripts hold on to."""

    REGISTERED = "registered"
    UNREGISTERED = "unregistered"
    UNAUTHENTICATED = "unauthenticated"
    AMBIGUOUS_ACCOUNT = "ambiguous-account"
    ACCOUNT_SUSPENDED = "account-suspended"
    SERVICE_OF_ANOTHER_ACCOUNT = "service-of-another-account"
    TICKET_OF_ANOTHER_ACCOUNT = "ticket-of-another-account"
    LOOK_ALIKE = "look-alike"
    MALFORMED_AUTHOR = "malformed-author"
    MALFORMED_MESSAGE = "malformed-message"
    AUTO_RESPONSE = "auto-response"
    DELIVERY_REPORT = "delivery-report"
    BULK = "bulk"
    LOOP = "loop"
    DUPLICATE = "duplicate"
    CANARY = "canary"
    RATE_LIMIT = "rate-limit"
    TOO_LARGE = "too-large"
    VIRUS = "virus"
    POLICY = "policy"
    ENQUIRY = "enquiry"
    CONFIRMATION = "confirmation"
