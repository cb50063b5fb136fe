"""Exposition: how the gateway does, in Prometheus' text format. With `families.py` all that knows its library.

A word that may come is there from the start, as 0: of a series that begins at 1 no rate shows the first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime

from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from gateway import __version__
from gateway.core.figures import Figures
from gateway.core.rates import RateLimits
from gateway.core.standing import Report
from gateway.ops.families import counter, gauge, histogram, moments, of_one
from gateway.ops.meters import OUTCOMES, SCANS, Meters

_FLOODS = {(limit.name, bound): 0 for limit in fields(RateLimits) for bound in ("hold", "ignore")}
_PROCESS = ProcessCollector(registry=None)


@dataclass(frozen=True, slots=True)
class Seen:
    """All that a page tells of."""

    meters: Meters
    report: Report
    figures: Figures | None = None
    """None as long as the database has told nothing."""
    backup: datetime | None = None
    """When the last one was whole."""
    sources: frozenset[str] = frozenset()
    """Of accounts, that there are; the database knows of former ones, too."""


def text(seen: Seen) -> bytes:
    """All of it. The names are public: dashboards and alerts hold on to them."""
    return generate_latest(_Families(seen))


@dataclass(frozen=True)
class _Families(Collector):
    seen: Seen

    def collect(self) -> Iterator[Metric]:
        """What `generate_latest()` writes."""
        yield from _mail(self.seen.meters, self.seen.report)
        yield from _letters(self.seen.meters)
        yield from _times(self.seen.meters)
        yield from _ingresses(self.seen.report)
        yield from _limits(self.seen.report)
        yield from _ends(self.seen)
        if self.seen.figures is not None:
            yield from _figures(self.seen.figures, self.seen.report.at)
            yield _sources(self.seen.figures, self.seen.sources)
        yield from _house(self.seen.report)
        yield from _PROCESS.collect()


def _mail(meters: Meters, report: Report) -> Iterator[Metric]:
    ingresses = {one.ingress: 0 for one in report.standings}
    yield counter("gateway_received", "Messages committed", ("ingress",), of_one(ingresses | meters.messages))
    words = "Messages put off, with nothing written: the peer keeps them"
    yield counter("gateway_deferred", words, ("ingress",), of_one(ingresses | meters.put_off))
    yield counter("gateway_dispositions", "What became of them", ("disposition", "reason"), meters.dispositions)
    words = "Who judged the author of a message, and the DMARC result"
    yield counter("gateway_evidence", words, ("source", "result"), meters.evidence)
    words = "Messages committed, by what the virus scanner said"
    yield counter("gateway_scans", words, ("result",), of_one(dict.fromkeys(SCANS.values(), 0) | meters.scans))
    words = "Messages over a limit of how many may come, by the bound that they reached"
    yield counter("gateway_floods", words, ("limit", "bound"), _FLOODS | meters.floods)
    words = "Messages that the candidate policies were asked about, too"
    yield counter("gateway_policy_compared", words, (), {(): meters.comparisons.total()})
    words = "Those of which they would have made something else"
    differing = {pair: count for pair, count in meters.comparisons.items() if pair[0] != pair[1]}
    yield counter("gateway_policy_divergence", words, ("was", "would"), differing)
    words = "Messages in a row without a believed Authentication-Results field"
    silent = {ingress: silence.messages for ingress, silence in meters.silences.items()}
    yield gauge("gateway_border_silent", words, ("ingress",), of_one(silent))
    words = "Questions about ourselves in a row that no nameserver answered"
    yield gauge("gateway_dns_silent", words, (), {(): meters.unanswered()})


def _letters(meters: Meters) -> Iterator[Metric]:
    outcomes = dict.fromkeys(OUTCOMES.values(), 0) | meters.deliveries
    yield counter("gateway_deliveries", "Attempts to send a letter", ("outcome",), of_one(outcomes))


def _times(meters: Meters) -> Iterator[Metric]:
    yield histogram("gateway_answer_seconds", "From a message's last octet to its answer", meters.answers)
    yield histogram("gateway_commit_wait_seconds", "How long work waited for the writer", meters.waits)
    yield histogram("gateway_commit_seconds", "How long a transaction of the writer took", meters.commits)
    words = "Transactions that the database did not take"
    yield counter("gateway_commit_failures", words, (), {(): meters.failed_commits})
    words = "Processes that examine mail, and died"
    yield counter("gateway_worker_deaths", words, (), {(): meters.worker_deaths})


def _ingresses(report: Report) -> Iterator[Metric]:
    standings = {one.ingress: one for one in report.standings}
    for name, words, values in (
        (
            "lag_seconds",
            "How long the oldest mail has been waiting in its mailbox",
            {ingress: one.lag(report.at).total_seconds() for ingress, one in standings.items()},
        ),
        (
            "unread_messages",
            "Mail that is not taken in yet",
            {ingress: one.unread for ingress, one in standings.items()},
        ),
        (
            "trouble",
            "Whether something is wrong now",
            {ingress: bool(one.last_error) for ingress, one in standings.items()},
        ),
        (
            "stuck",
            "Whether somebody has to look",
            {ingress: one.stuck(report.at) for ingress, one in standings.items()},
        ),
    ):
        yield gauge(f"gateway_ingress_{name}", words, ("ingress",), of_one(values))
    words = "When a listener took a message, or a mailbox was read to its end"
    success = {ingress: one.last_success for ingress, one in standings.items()}
    yield moments("gateway_ingress_last_success", words, "ingress", success)


def _limits(report: Report) -> Iterator[Metric]:
    bounds = {one.name: one for one in report.bounds}
    for name, words, value in (
        ("gateway_bound_now", "Of what there is only so much of, how much is taken; of the disk, what is free", "now"),
        ("gateway_bound_limit", "How much there may be; of the disk, what is to stay free", "limit"),
    ):
        yield gauge(name, words, ("bound",), {(bound,): getattr(one, value) for bound, one in bounds.items()})
    words = "How often something was put off, or waited, for a bound"
    yield counter("gateway_put_off", words, ("bound",), {(bound,): one.put_off for bound, one in bounds.items()})


def _ends(seen: Seen) -> Iterator[Metric]:
    words = "When what signs a mailbox or the smarthost in ends"
    yield moments("gateway_credential_end", words, "name", seen.meters.endings)
    yield moments("gateway_certificate_end", "When the certificate in use ends", "ingress", seen.meters.certificates())
    yield moments("gateway_canary_arrival", "When the last canary arrived", "", {"": seen.meters.canary})
    yield moments("gateway_backup_success", "When the last backup was whole", "", {"": seen.backup})


def _figures(figures: Figures, now: datetime) -> Iterator[Metric]:
    def age(since: datetime | None) -> float:
        return max((now - since).total_seconds(), 0.0) if since else 0.0

    for name, words, value in (
        ("gateway_outbox_letters", "Letters to be sent, now or later", figures.waiting),
        ("gateway_outbox_oldest_age_seconds", "How long ago the oldest of them was written", age(figures.oldest)),
        ("gateway_outbox_overdue_seconds", "How long ago the first was to be tried", age(figures.due)),
        ("gateway_quarantine_messages", "Messages that are held", figures.held),
        ("gateway_quarantine_oldest_age_seconds", "How long ago the oldest of them came", age(figures.held_since)),
        ("gateway_database_bytes", "Size of the database", figures.octets),
        ("gateway_database_free_bytes", "What of it is free for what comes", figures.free),
        ("gateway_figures_timestamp_seconds", "When the database was asked last", figures.at.timestamp()),
    ):
        yield gauge(name, words, (), {(): value})
    words = "By how many messages the balance is off, today and yesterday"
    yield gauge("gateway_balance_difference_messages", words, ("ingress",), of_one(figures.off))


def _sources(figures: Figures, named: frozenset[str]) -> Metric:
    words = "When a source of accounts was last in agreement with us"
    return moments("gateway_source_success", words, "source", {name: figures.sources.get(name) for name in named})


def _house(report: Report) -> Iterator[Metric]:
    yield gauge("gateway_build_info", "The version that runs", ("version",), {(__version__,): 1})
    digest = report.in_force.policy[:12]
    yield gauge("gateway_policy_info", "How the digest of the policies in force begins", ("digest",), {(digest,): 1})
    words = "Whether the last reload was refused"
    yield gauge("gateway_reload_refused", words, (), {(): report.in_force.refused_at is not None})
