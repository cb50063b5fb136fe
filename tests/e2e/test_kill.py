"""kill -9 in the middle of the traffic: what got a 250 is there, what got none comes again, nothing is done twice."""

from __future__ import annotations

import smtplib
import threading
from collections import Counter

from e2e.border import message, new_id
from e2e.process import Gateway, committed_id, hand_over
from e2e.waiting import LOOPBACK, until

MESSAGES = 500
CLIENTS = 5
KILLED_AFTER = 150
AUTHOR = "tecnico@rossi.example"


def test_every_250_survives_kill_9(gateway: Gateway) -> None:
    """I3, I4, I11, threats rule 13: the process is killed among 500 messages; what got no 250 is sent again."""
    unsent = {f"<{new_id()}>" for _ in range(MESSAGES)}
    promised: dict[str, str] = {}
    clients = [
        threading.Thread(target=send, args=(gateway.smtp, share, promised))
        for share in (sorted(unsent)[start::CLIENTS] for start in range(CLIENTS))
    ]
    for client in clients:
        client.start()
    until(lambda: len(promised) >= KILLED_AFTER, "the first replies", 60)
    gateway.kill9()
    for client in clients:
        client.join()
    before = dict(promised)
    assert KILLED_AFTER <= len(before) < MESSAGES, "the kill was not in the middle"

    gateway.start()
    send(gateway.smtp, sorted(unsent - before.keys()), promised)
    records = gateway.records("messages", "list")
    by_id = {record["id"]: record["message_id"].strip("<>") for record in records}
    accepted = Counter(record["message_id"].strip("<>") for record in records if record["disposition"] == "accept")

    assert {by_id.get(given) for given in promised.values()} == {one.strip("<>") for one in unsent}
    assert accepted == Counter(one.strip("<>") for one in unsent)
    assert len(gateway.records("tickets", "list")) == MESSAGES
    acknowledged = Counter(row["ticket"] for row in gateway.records("outbox", "list"))
    assert set(acknowledged.values()) == {1}
    assert gateway.cli("balance").returncode == 0


def send(port: int, message_ids: list[str], promised: dict[str, str]) -> None:
    """Hand them over one by one on one connection until the server is gone; `promised` gets the id of each 250."""
    try:
        with smtplib.SMTP(LOOPBACK, port, timeout=30) as client:
            for message_id in message_ids:
                data = message(AUTHOR, message_id=message_id)
                promised[message_id] = committed_id(*hand_over(client, data, AUTHOR))
    except (OSError, smtplib.SMTPException):
        return  # killed: what it did not answer is not promised
