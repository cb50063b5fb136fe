"""The lines of one message: `grep ID` gives its whole story, its letters and reports too."""

from datetime import timedelta

from structlog.testing import capture_logs

from house import NOW, ROSSI, letter


async def due(gateway):
    return await gateway.store.due(NOW + timedelta(days=1), 10)


async def test_a_message_is_two_lines_with_one_id(gateway):
    """What came, then what was found out, decided and committed, with the letter that was queued."""
    with capture_logs() as lines:
        receipt = await gateway.receive(letter())
    came, decided = (one for one in lines if one["event"].startswith("message.") and one["log_level"] == "info")
    assert {one["id"] for one in lines} == {receipt.id}
    assert (came["event"], came["from"], came["to"]) == (
        "message.received",
        "tecnico@rossi.example",
        ("support@example.it",),
    )
    assert came["size"] == len(letter())
    [queued] = await due(gateway)
    assert {name: decided[name] for name in ("event", "author", "evidence", "dmarc", "account", "reason", "rule")} == {
        "event": "message.accept",
        "author": "tecnico@rossi.example",
        "evidence": "header",
        "dmarc": "pass/rossi.example",
        "account": ROSSI,
        "reason": "registered",
        "rule": "authorize",
    }
    assert (decided["ticket"], decided["letter"]) == (receipt.ticket, queued.reply.row)


async def test_a_letter_knows_the_message_that_it_answers(gateway):
    """Each attempt is written under the id of that message; of a ticket's second message it is the second."""
    first = await gateway.receive(letter())
    [one] = await due(gateway)
    assert one.answers == first.id


async def test_a_duplicate_names_the_first(gateway):
    """Whoever looks for the first one's id finds what was handed over again, too."""
    first = await gateway.receive(letter())
    with capture_logs() as lines:
        await gateway.receive(letter())
    assert f"the same as {first.id}" in [one.get("why") for one in lines]
