"""What the daemon sends while its smarthost is in a mood."""

from __future__ import annotations

from e2e.border import message
from e2e.process import Gateway
from e2e.sink import Sink, taken
from e2e.waiting import until

AUTHOR = "tecnico@rossi.example"


def test_mail_waits_while_the_smarthost_defers(gateway: Gateway, mailboxes: Sink) -> None:
    """A 4xx is tried again until it is taken, and then not again."""
    mailboxes.answer = lambda _letter: "451 4.3.2 later"
    gateway.accept(message(AUTHOR), AUTHOR)
    until(lambda: mailboxes.refused, "an attempt")
    mailboxes.answer = taken
    mailboxes.wait_for(1)
    (row,) = until(lambda: delivered(gateway), "a delivered row")
    assert row["attempts"] >= 2
    assert len(mailboxes.letters) == 1


def test_the_primary_address_is_that_of_the_moment_of_sending(gateway: Gateway, mailboxes: Sink) -> None:
    """R4: a primary that changed between writing and sending is honoured."""
    mailboxes.answer = lambda _letter: "451 4.3.2 later"
    gateway.accept(message(AUTHOR), AUTHOR)
    until(lambda: mailboxes.refused, "an attempt")
    done = gateway.cli("accounts", "set-primary", "ROSSI-001", AUTHOR)
    assert done.returncode == 0, done.stderr
    mailboxes.clear()
    mailboxes.answer = taken
    assert mailboxes.wait_for(1)[0].forward_paths == (AUTHOR,)


def test_an_address_that_fails_is_never_replaced_by_another(gateway: Gateway, mailboxes: Sink) -> None:
    """R6: a 5.1.1 fails the row; nothing goes to the secondary address, and nothing to anybody else."""
    mailboxes.answer = lambda _letter: "550 5.1.1 no such mailbox"
    gateway.accept(message(AUTHOR), AUTHOR)
    (row,) = until(lambda: in_state(gateway, "failed"), "a failed row")
    assert row["recipient"] == "amministrazione@rossi.example"
    assert {path for letter in mailboxes.refused for path in letter.forward_paths} == {row["recipient"]}


def delivered(gateway: Gateway) -> list[dict[str, object]]:
    """The rows that arrived."""
    return in_state(gateway, "delivered")


def in_state(gateway: Gateway, state: str) -> list[dict[str, object]]:
    """The rows of the outbox in this state."""
    return [row for row in gateway.records("outbox", "list") if row["state"] == state]
