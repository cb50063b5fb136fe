"""The page of metrics: what it says of what a gateway is."""

from __future__ import annotations

from datetime import timedelta
from typing import get_args

from gateway.core.figures import Figures
from gateway.core.reply import Deferred, Delivered, Failed, Outcome
from gateway.core.standing import Bound, Commit, InForce, Report, Standing
from gateway.ops.histogram import BOUNDS, Histogram
from gateway.ops.meters import OUTCOMES, Meters
from house import NOW, page

AGO = timedelta(hours=1)
STAMP, STAMP_AGO = "1.7953488e+09", "1.7953452e+09"
"""NOW, and an hour before, in seconds since 1970."""


def told(start, meters=None, **seen):
    """The lines that begin so."""
    return {line for line in page(meters or Meters(), **seen) if line.startswith(start)}


def test_what_may_come_is_there_from_the_start():
    """As 0: of a series that begins at 1, no rate shows the first."""
    report = Report(NOW, InForce("d", NOW), (Standing("from-mta", "smtp", NOW),))
    lines = set(page(Meters(), report=report))
    assert {
        'gateway_received_total{ingress="from-mta"} 0.0',
        'gateway_deferred_total{ingress="from-mta"} 0.0',
        'gateway_deliveries_total{outcome="deferred"} 0.0',
        'gateway_scans_total{result="infected"} 0.0',
        'gateway_floods_total{bound="hold",limit="per_author"} 0.0',
        "gateway_worker_deaths_total 0.0",
        "gateway_commit_seconds_count 0.0",
    } <= lines


def test_every_outcome_has_its_word():
    meters = Meters()
    for outcome in (Delivered("250"), Deferred("451"), Failed("550"), Failed("551")):
        meters.attempted(outcome)
    assert set(OUTCOMES) == set(get_args(Outcome))
    assert dict(meters.deliveries) == {"delivered": 1, "deferred": 1, "failed": 2}


def test_a_mailbox_that_is_stuck_says_how_long_its_mail_waits():
    """And one that works says when it did."""
    box = Standing("box", "imap", NOW - AGO, None, NOW - AGO / 2, 3, "RefusedLogin: no", None, hopeless=True)
    port = Standing("port", "smtp", NOW, NOW)
    assert told("gateway_ingress_", report=Report(NOW, InForce("d", NOW), (box, port))) == {
        'gateway_ingress_lag_seconds{ingress="box"} 1800.0',
        'gateway_ingress_lag_seconds{ingress="port"} 0.0',
        'gateway_ingress_unread_messages{ingress="box"} 3.0',
        'gateway_ingress_unread_messages{ingress="port"} 0.0',
        'gateway_ingress_trouble{ingress="box"} 1.0',
        'gateway_ingress_trouble{ingress="port"} 0.0',
        'gateway_ingress_stuck{ingress="box"} 1.0',
        'gateway_ingress_stuck{ingress="port"} 0.0',
        f'gateway_ingress_last_success_timestamp_seconds{{ingress="port"}} {STAMP}',
    }


def test_a_source_of_accounts_is_told_of_as_long_as_there_is_one():
    """One that was taken out of the configuration would grow old for ever; one that was never asked has no time."""
    figures = Figures(NOW, sources={"crm": NOW, "former": NOW - AGO})
    assert told("gateway_source", figures=figures, sources=frozenset({"crm", "new"})) == {
        f'gateway_source_success_timestamp_seconds{{source="crm"}} {STAMP}'
    }


def test_figures_are_told_with_their_time_and_grow_old():
    """Ages go on while the database is away; without any answer yet there are none."""
    figures = Figures(NOW - AGO, 7, NOW - 2 * AGO, NOW + AGO, 3, NOW - 3 * AGO, {"from-mta": 2}, 4096, 1024)
    assert told(("gateway_outbox", "gateway_quarantine", "gateway_balance"), figures=figures) == {
        "gateway_outbox_letters 7.0",
        "gateway_outbox_oldest_age_seconds 7200.0",
        "gateway_outbox_overdue_seconds 0.0",
        "gateway_quarantine_messages 3.0",
        "gateway_quarantine_oldest_age_seconds 10800.0",
        'gateway_balance_difference_messages{ingress="from-mta"} 2.0',
    }
    assert told("gateway_figures", figures=figures) == {
        f"gateway_figures_timestamp_seconds {STAMP_AGO}",
    }
    assert told(("gateway_figures", "gateway_outbox")) == set()


def test_a_reload_that_was_refused_is_told_until_a_good_one():
    bad = InForce("d1" * 32, NOW, refused_at=NOW, refused="default.yaml:3: what?")
    assert told("gateway_reload", report=Report(NOW, bad)) == {"gateway_reload_refused 1.0"}
    assert told("gateway_reload", report=Report(NOW, bad.reloaded("d2", NOW))) == {"gateway_reload_refused 0.0"}
    assert told("gateway_policy_info", report=Report(NOW, bad)) == {'gateway_policy_info{digest="d1d1d1d1d1d1"} 1.0'}


def test_bounds_are_told_by_their_name():
    report = Report(NOW, InForce("d", NOW), bounds=(Bound("disk", 5, 10, 2),))
    assert told(("gateway_bound", "gateway_put"), report=report) == {
        'gateway_bound_now{bound="disk"} 5.0',
        'gateway_bound_limit{bound="disk"} 10.0',
        'gateway_put_off_total{bound="disk"} 2.0',
    }


def test_a_commit_counts_once_and_each_wait_for_it():
    """What the database did not take is counted as that, too."""
    meters = Meters()
    meters.committed(Commit((0.002, 0.2), 0.004, done=True))
    meters.committed(Commit((0.0,), 7.0, done=False))
    assert {
        'gateway_commit_seconds_bucket{le="0.005"} 1.0',
        'gateway_commit_seconds_bucket{le="10.0"} 2.0',
        "gateway_commit_seconds_sum 7.004",
        'gateway_commit_wait_seconds_bucket{le="0.1"} 2.0',
        'gateway_commit_wait_seconds_bucket{le="+Inf"} 3.0',
        "gateway_commit_failures_total 1.0",
    } <= told("gateway_commit", meters)


def test_a_bucket_holds_its_bound():
    """`le` is less or equal; beyond the last bound there is one more."""
    one = Histogram()
    for seconds in (BOUNDS[0], BOUNDS[1], BOUNDS[-1] + 1):
        one.add(seconds)
    assert one.buckets()[:2] == [("0.001", 1), ("0.0025", 2)]
    assert one.buckets()[-2:] == [("60.0", 2), ("+Inf", 3)]


def test_what_never_was_is_absent():
    """A backup that nobody has made is not one of 1970."""
    gone = ("gateway_backup", "gateway_canary", "gateway_credential", "gateway_certificate")
    assert told(gone) == set()
    meters = Meters(canary=NOW, endings={"box": NOW}, certificates=lambda: {"from-mta": NOW})
    assert told(gone, meters, backup=NOW) == {
        f"gateway_backup_success_timestamp_seconds {STAMP}",
        f"gateway_canary_arrival_timestamp_seconds {STAMP}",
        f'gateway_credential_end_timestamp_seconds{{name="box"}} {STAMP}',
        f'gateway_certificate_end_timestamp_seconds{{ingress="from-mta"}} {STAMP}',
    }
