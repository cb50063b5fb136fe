"""What is counted of each message, and the alarm of a border that says nothing."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from gateway.core.arrival import Origin, Position
from house import letter, page


async def test_each_message_is_counted_once_by_what_became_of_it(gateway):
    """I11 in numbers: what was received is the sum of the dispositions, a duplicate included."""
    for raw in (letter(), letter(), letter("eve@attack.example"), letter(dmarc="fail"), b"Subject: x\r\n\r\n"):
        await gateway.receive(raw)
    told = ("gateway_received", "gateway_dispositions", "gateway_evidence")
    assert [line for line in page(gateway.meters) if line.startswith(told)] == [
        'gateway_received_total{ingress="from-mta"} 5.0',
        'gateway_dispositions_total{disposition="accept",reason="registered"} 1.0',
        'gateway_dispositions_total{disposition="discard",reason="duplicate"} 1.0',
        'gateway_dispositions_total{disposition="quarantine",reason="unregistered"} 1.0',
        'gateway_dispositions_total{disposition="quarantine",reason="unauthenticated"} 1.0',
        'gateway_dispositions_total{disposition="reject",reason="malformed-author"} 1.0',
        'gateway_evidence_total{result="pass",source="header"} 3.0',
        'gateway_evidence_total{result="fail",source="header"} 1.0',
    ]


async def test_a_word_that_is_no_result_makes_no_series_of_its_own(gateway):
    """Whatever a border copies from a stranger, the labels are a closed set."""
    await gateway.receive(letter(dmarc="nonsense"))
    assert dict(gateway.meters.evidence) == {("header", "other"): 1}


async def test_a_border_that_never_speaks_is_told_of(gateway):
    """After 20 messages without a believed field: which ids are wanted, and what to do; and when it speaks again."""
    with capture_logs() as lines:
        for number in range(21):
            await gateway.receive(letter(dmarc="", message_id=f"{number}@rossi.example"))
        assert gateway.meters.silences["from-mta"].messages == 21
        await gateway.receive(letter(dmarc="fail"))
    silent, speaks = [line for line in lines if line["event"].startswith("border.")]
    assert (silent["event"], silent["log_level"], silent["ingress"]) == ("border.silent", "warning", "from-mta")
    assert (silent["messages"], silent["wanted"]) == (20, ["mx.example.it"])
    assert "trusted_authserv_ids" in silent["do"]
    assert (speaks["event"], speaks["ingress"], speaks["after"]) == ("border.speaks", "from-mta", 21)
    assert 'gateway_border_silent{ingress="from-mta"} 0.0' in page(gateway.meters)


@pytest.mark.parametrize(
    ("raw", "ids"),
    [
        (letter(dmarc=""), frozenset()),
        (b"Subject: no author\r\n\r\n", frozenset({"mx.example.it"})),
    ],
    ids=["nobody is trusted", "nothing to judge"],
)
async def test_where_no_field_is_expected_its_absence_is_no_silence(gateway, raw, ids):
    """An ingress that trusts nobody has no border; of what does not parse no evidence was asked."""
    await gateway.receive(raw, origin=Origin("from-mta", Position.BEHIND_MTA, "127.0.0.1", ids))
    assert gateway.meters.silences == {}


async def test_what_is_put_off_is_counted_by_its_ingress(gateway):
    """And not as received: nothing was written."""
    gateway.database.write(lambda c: c.exec_driver_sql("alter table tally rename to away"))
    await gateway.receive(letter())
    assert 'gateway_deferred_total{ingress="from-mta"} 1.0' in page(gateway.meters)
    assert gateway.meters.messages == {}
