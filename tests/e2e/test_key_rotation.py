"""Keys change under a running daemon: the next letter is sealed with the new one, and old letters thread until told."""

from __future__ import annotations

from email.utils import parseaddr

from e2e.border import message
from e2e.process import Gateway
from e2e.sink import Letter, Sink
from gateway.core.reference import Keyring, bounced_row

AUTHOR = "tecnico@rossi.example"


def test_a_rotation_needs_no_reload(gateway: Gateway, mailboxes: Sink) -> None:
    """The daemon sees rotate and retire with the next message and the next letter, in both directions."""
    opened = gateway.message(gateway.accept(message(AUTHOR), AUTHOR))["ticket"]
    old = mailboxes.wait_for(1)[0]
    done(gateway, "keys", "rotate")
    done(gateway, "tickets", "reply", opened, stdin="Fatto.\n")
    new = mailboxes.wait_for(2)[1]
    assert [(opens(gateway, 1, one), opens(gateway, 2, one)) for one in (old, new)] == [(True, False), (False, True)]

    assert ticket_of_reply(gateway, old) == opened
    assert ticket_of_reply(gateway, new) == opened
    done(gateway, "keys", "retire", "1")
    assert ticket_of_reply(gateway, old) not in {opened, None}
    assert ticket_of_reply(gateway, new) == opened


def done(gateway: Gateway, *command: str, stdin: str = "") -> None:
    """Run a command, which must succeed."""
    ended = gateway.cli(*command, stdin=stdin)
    assert ended.returncode == 0, ended.stderr


def opens(gateway: Gateway, key_id: int, sent: Letter) -> bool:
    """Whether this key sealed the letter's reverse-path."""
    ((key,),) = gateway.database().execute("select key from keyring where id = ?", (key_id,))
    return bounced_row(Keyring((key,)), sent.reverse_path.partition("@")[0].partition("+")[2]) is not None


def ticket_of_reply(gateway: Gateway, sent: Letter) -> str | None:
    """The ticket that an answer to this letter's reply address alone ends in."""
    address = parseaddr(sent.message["Reply-To"])[1]
    data = message(AUTHOR, subject="ancora")
    return gateway.message(gateway.accept(data, AUTHOR, (address,)))["ticket"]
