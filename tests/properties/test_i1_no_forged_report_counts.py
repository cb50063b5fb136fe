"""I1 and I6: a report without a letter's own token leaves accounts and outbox as they are, byte for byte (rule 14)."""

from __future__ import annotations

import tempfile
from types import SimpleNamespace

from hypothesis import given, settings
from hypothesis import strategies as st

import house
from gateway.core.reference import bounce_token
from gateway.core.reply import Delivered
from gateway.store import letters
from house import NOW, ROSSI, letter

FORGED = (
    *(
        "bounces+{good}x",
        "bounces+x{good}",
        "bounces+{mac}",
        "bounces+{row}",
        "bounces+{other}{row}",
        "bounces+{mac}yyyyyyyy",
    ),
    *("bounces+aaaaaaaaaaaaaaaaaaaaaaaaaa{row}", "bounces", "support", "support+{good}", "{good}"),
)
"""Recipients with all that a stranger may have of a token, and never the whole in its place."""

SAID = st.fixed_dictionaries(
    {
        "sender": st.sampled_from(
            ["MAILER-DAEMON@mx.rossi.example", "<>", "amministrazione@rossi.example", "eve@evil.example"]
        ),
        "recipient": st.sampled_from(["amministrazione@rossi.example", "eve@evil.example", ""]),
        "status": st.sampled_from(["5.1.1", "5.2.2", "4.4.7", "2.0.0", ""]),
        "action": st.sampled_from(["failed", "delayed", "delivered", "evil"]),
        "formal": st.booleans(),
    }
)
WATCHED = ("account", "address", "service", "outbox", "ticket", "entry")


def written(said, good):
    """A report of that, formal or in words, that quotes our letter with its token wherever it can."""
    fields = (
        f"Original-Envelope-Id: {good}\r\n\r\nFinal-Recipient: rfc822; {said['recipient']}\r\n"
        f"Action: {said['action']}\r\nStatus: {said['status']}\r\n"
    )
    copy = f"Return-Path: <bounces+{good}@example.it>\r\nTo: {said['recipient']}\r\n"
    head = f"From: {said['sender']}\r\nTo: bounces+{good}@example.it\r\nSubject: failure notice\r\n"
    if not said["formal"]:
        return (
            f"{head}\r\nCould not be delivered:\r\n<{said['recipient']}>: 550 {said['status']}\r\n\r\n{copy}".encode()
        )
    return (
        f'{head}Content-Type: multipart/report; boundary="b"\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n'
        f"\r\n{fields}\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n{copy}\r\n--b--\r\n"
    ).encode()


def rows(gateway):
    return gateway.database.read(
        lambda c: {table: c.exec_driver_sql(f"select * from {table}").all() for table in WATCHED}  # noqa: S608 - our names
    )


@settings(max_examples=15, deadline=None)
@given(SAID)
async def test_i1_no_forged_report_changes_an_account_or_a_letter(said):
    """Whatever it says, whoever it says it is from, and whatever of a real token it has."""
    with tempfile.TemporaryDirectory() as folder, house.gateway(folder) as gateway:
        await gateway.receive(letter())
        (due,) = gateway.database.read(lambda c: letters.due(c, NOW.replace(year=2027), 9))
        outgoing = SimpleNamespace(forward_path=gateway.account(ROSSI).primary, message_id="x@gateway.example.it")
        gateway.database.write(
            lambda c: letters.settle(c, due, outgoing, Delivered("250 ok"), at=NOW, next_attempt=None)
        )
        keys = await gateway.store.keyring()
        row = due.reply.row
        good, other = bounce_token(keys, row), bounce_token(keys, "Z" * len(row))
        facts = {"good": good, "mac": good[:26], "row": row.lower(), "other": other[:26]}
        before = rows(gateway)
        for number, local in enumerate(FORGED):
            raw = f"Message-ID: <{number}@x>\r\n".encode() + written(said, good)
            await gateway.receive(raw, reverse_path="", forward_paths=(f"{local.format(**facts)}@example.it",))
        assert rows(gateway) == before
