"""The story of dispatch: outcomes written down, rows kept apart, the database away, shutdown."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from desk import HEAD, KEYS, NOW, Book, Keys, Outbox, Submission, account, due, running
from structlog.testing import capture_logs

from gateway.core.account import Standing
from gateway.core.reference import Keyring, bounce_token
from gateway.core.reply import Deferred, Delivered, Failed

TO = "amministrazione@rossi.example"
FOREVER = 3600


async def settled(*rows, outcomes=None, accounts=None, **given):
    outbox, submission = Outbox(), Submission(outcomes or {})
    outbox.put(*rows)
    book = Book({1: account()} if accounts is None else accounts)
    async with running(outbox, book, submission, **given):
        return await outbox.until(len(rows)), submission


async def test_a_due_row_is_sent_and_settled():
    """A row whose time has come goes to its account's primary address, and the outcome is written down."""
    [(row, outgoing, outcome, again)], submission = await settled(due())
    assert (row, outcome, again) == ("A1", Delivered("250 2.0.0 queued"), None)
    assert submission.sent == [outgoing]
    assert str(outgoing.forward_path) == TO


async def test_a_letter_is_sealed_with_the_newest_key_of_its_moment():
    """A rotation is seen by the next letter, without a reload."""
    outbox, submission, keys = Outbox(), Submission(), Keys()
    async with running(outbox, Book({1: account()}), submission, keys=keys):
        outbox.put(due("A1"))
        await outbox.until(1)
        keys.ring = Keyring((b"n" * 32, *KEYS.keys))
        outbox.put(due("A2"))
        await outbox.until(2)
    paths = [outgoing.reverse_path for outgoing in submission.sent]
    assert paths == [HEAD.bounces_with(bounce_token(KEYS, "A1")), HEAD.bounces_with(bounce_token(keys.ring, "A2"))]


async def test_a_letter_that_hangs_stays_the_same_stint_while_the_feeder_gets_on():
    """What the watchdog sees: the feeder's rounds are one after another, the letter's stint does not change."""
    outbox, submission = Outbox(), Submission(slow={TO: asyncio.Event()})
    outbox.put(due())
    async with running(outbox, Book({1: account()}), submission) as (dispatch, _):
        await submission.began.wait()
        feeding, sending = dispatch.stints
        outbox.asked.clear()
        await outbox.asked.wait()
        await asyncio.sleep(0)
        assert dispatch.stints[0] != feeding
        assert dispatch.stints[1] == sending


async def test_waiting_for_the_database_is_to_get_on():
    """It is away for a day: no restart mends that."""
    outbox = Outbox(away=FOREVER)
    async with running(outbox, Book({}), Submission()) as (dispatch, _):
        await outbox.asked.wait()
        before = dispatch.stints
        outbox.asked.clear()
        await outbox.asked.wait()
        assert dispatch.stints != before


async def test_an_attempt_is_one_line_in_the_log():
    """Postfix manner: one line an attempt, with id, recipient, dsn and the smarthost's words."""
    with capture_logs() as lines:
        written = replace(due(attempts=2, age=timedelta(seconds=90)), answers="M1")
        await settled(written, outcomes={TO: Failed("550 5.1.1 no such user", hard=True)})
    [line] = [one for one in lines if one["event"].startswith("outbox.")]
    assert line == {
        "event": "outbox.failed",
        "log_level": "warning",
        "id": "M1",
        "outbox": "A1",
        "ticket": "00000-00001",
        "kind": "reply",
        "to": TO,
        "dsn": "5.1.1",
        "status": "550 5.1.1 no such user",
        "attempts": 3,
        "delay": 90.0,
        "do": "mend what the status says, then `gateway outbox retry A1`",
    }


@pytest.mark.parametrize(
    ("outcome", "dsn"),
    [
        (Delivered("250 ok 2.0.0 is not at its place"), "2.0.0"),
        (Deferred("no connection to 5.6.7.8:25: refused"), "4.0.0"),
        (Deferred("451 4.3.5 later"), "4.3.5"),
        (Failed("5.6.7 no SMTPUTF8"), "5.6.7"),
    ],
)
async def test_the_dsn_is_the_smarthosts_or_the_class(outcome, dsn):
    """An enhanced status code counts where RFC 2034 puts it; else the class alone is said."""
    with capture_logs() as lines:
        await settled(due(), outcomes={TO: outcome})
    assert [one["dsn"] for one in lines if "dsn" in one] == [dsn]


async def test_a_deferred_row_gets_its_next_time():
    """The third failure waits four times the first wait."""
    [(_, _, outcome, again)], _ = await settled(due(attempts=2), outcomes={TO: Deferred("451 4.3.0 later")})
    assert outcome == Deferred("451 4.3.0 later")
    assert again == NOW + timedelta(minutes=4)


async def test_a_row_that_is_too_old_is_given_up():
    """After `give_up` a deferred letter has failed, softly, and the last answer is kept (RFC 3463 §3.5)."""
    old = due(attempts=9, age=timedelta(days=5, hours=1))
    [(_, outgoing, outcome, again)], _ = await settled(old, outcomes={TO: Deferred("451 4.3.0 later")})
    assert outcome == Failed("4.4.7 gave up after 5d 1h: 451 4.3.0 later")
    assert outgoing is not None
    assert again is None


@pytest.mark.parametrize("accounts", [{}, {1: account(status=Standing.CLOSED)}])
async def test_an_account_that_is_gone_or_closed_falls_silent(accounts):
    """I1: no account, no letter; the row is cancelled, not failed."""
    rows, submission = await settled(due(), accounts=accounts)
    assert rows == [("A1", None, None, None)]
    assert submission.sent == []


async def test_a_letter_that_cannot_be_written_stops_no_other():
    """A row that raises in rendering has failed with the reason; the next one goes out."""
    unwritable = due("A1")
    unwritable = replace(unwritable, reply=replace(unwritable.reply, row="A\udc80"))
    rows, _ = await settled(unwritable, due("A2"))
    outcomes = {row: outcome for row, _, outcome, _ in rows}
    assert outcomes["A\udc80"].status.startswith("5.6.0 the letter cannot be written: ")
    assert outcomes["A2"] == Delivered("250 2.0.0 queued")


async def test_fewer_slow_rows_than_parallel_stop_no_other():
    """While one letter hangs the others pass it, and it is sent once."""
    outbox, submission = Outbox(), Submission(slow={"slow@rossi.example": asyncio.Event()})
    outbox.put(due("A1", 1), *(due(f"B{n}", 2) for n in range(20)))
    book = Book({1: account(1, "slow@rossi.example"), 2: account(2)})
    async with running(outbox, book, submission, parallel=2):
        rows = await outbox.until(20)
        assert {row for row, *_ in rows} == {f"B{n}" for n in range(20)}
        submission.slow["slow@rossi.example"].set()
        await outbox.until(21)
    assert len(submission.sent) == 21


async def test_no_more_than_parallel_are_in_flight():
    """`parallel` bounds the letters in flight, and what is asked of the outbox at once."""
    gate = asyncio.Event()
    outbox, submission = Outbox(), Submission(slow={TO: gate})
    outbox.put(*(due(f"A{n}") for n in range(9)))
    async with running(outbox, Book({1: account()}), submission, parallel=3):
        async with asyncio.timeout(10):
            while len(submission.sent) < 3:
                submission.began.clear()
                await submission.began.wait()
        assert len(submission.sent) == 3
        gate.set()
        await outbox.until(9)
    assert max(outbox.limits) == 3


async def test_a_stale_answer_starts_no_letter_twice():
    """A row that lands while the outbox is being asked is in the old answer still; it is not sent again."""

    class Stale(Outbox):
        async def due(self, now, limit, busy):
            rows = await super().due(now, limit, busy)
            if len(self.limits) == 2:  # the first letter lands between the question and the answer
                gate.set()
                await self.until(1)
                for _ in range(5):  # and its task ends
                    await asyncio.sleep(0)
            return rows

    gate = asyncio.Event()
    outbox, submission = Stale(), Submission(slow={TO: gate})
    outbox.put(due("A1"))
    book = Book({1: account(), 2: account(2, "altro@rossi.example")})
    async with running(outbox, book, submission):
        await outbox.until(1)
        outbox.put(due("A2", 2))
        await outbox.until(2)
    assert [str(one.forward_path) for one in submission.sent] == [TO, "altro@rossi.example"]


async def test_wake_is_heard_at_once():
    """After a commit nobody waits for the next poll."""
    outbox = Outbox()
    async with running(outbox, Book({1: account()}), Submission(), poll=FOREVER) as (dispatch, _):
        outbox.put(due())
        dispatch.wake()
        await outbox.until(1)


async def test_what_a_command_wrote_is_found_by_polling():
    """Another process rings no bell: the outbox is asked again by itself."""
    outbox = Outbox()
    async with running(outbox, Book({1: account()}), Submission()):
        await asyncio.wait_for(outbox.asked.wait(), 10)
        outbox.put(due())
        await outbox.until(1)


async def test_the_database_away_is_waited_for():
    """I9: a look-up that failed is no answer; when the database is back the letter goes out once, is settled once."""
    outbox, submission = Outbox(away=2, unsettled=3), Submission()
    outbox.put(due())
    with capture_logs() as lines:
        async with running(outbox, Book({1: account()}, away=2), submission):
            rows = await outbox.until(1)
    assert len(rows) == len(submission.sent) == 1
    assert [one["why"] for one in lines if one["event"] == "outbox.unavailable"] == [
        *["disk full"] * 2,
        *["no connection"] * 2,
        *["disk full"] * 3,
    ]


async def test_drain_lets_a_letter_in_flight_finish():
    """Shutdown: what is in flight is finished and settled, nothing new is begun, and run() ends."""
    gate = asyncio.Event()
    outbox, submission = Outbox(), Submission(slow={TO: gate})
    outbox.put(due("A1"), due("A2"))
    async with running(outbox, Book({1: account()}), submission, parallel=1) as (dispatch, task):
        await asyncio.wait_for(submission.began.wait(), 10)
        draining = asyncio.create_task(dispatch.drain(FOREVER))
        gate.set()
        await asyncio.wait_for(draining, 10)
        await asyncio.wait_for(task, 10)
    assert [row for row, *_ in outbox.settled] == ["A1"]
    assert list(outbox.rows) == ["A2"]


async def test_drain_gives_up_after_its_grace_and_the_row_stays_due():
    """A letter that is cut off goes again with the next start, under the same Message-ID."""
    outbox, submission = Outbox(), Submission(slow={TO: asyncio.Event()})
    outbox.put(due())
    async with running(outbox, Book({1: account()}), submission) as (dispatch, task):
        await asyncio.wait_for(submission.began.wait(), 10)
        await dispatch.drain(0.01)
        await asyncio.wait_for(task, 10)
    assert list(outbox.rows) == ["A1"]
    again = Submission()
    async with running(outbox, Book({1: account()}), again):
        await outbox.until(1)
    assert again.sent[0].message_id == submission.sent[0].message_id


async def test_drained_before_it_ran_it_does_not_start():
    """A stop that comes first is heeded: run() ends at once."""
    outbox = Outbox()
    async with running(outbox, Book({}), Submission()) as (dispatch, task):
        await dispatch.drain(FOREVER)
        await asyncio.wait_for(task, 10)
    assert outbox.limits == []


async def test_cancelling_run_cancels_what_is_in_flight():
    """Without a drain the row stays due as well, and no task is left behind."""
    outbox, submission = Outbox(), Submission(slow={TO: asyncio.Event()})
    outbox.put(due())
    async with running(outbox, Book({1: account()}), submission) as (dispatch, task):
        await asyncio.wait_for(submission.began.wait(), 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert dispatch._flying == {}
    assert list(outbox.rows) == ["A1"]
