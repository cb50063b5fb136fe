"""Exposition: the meters in Prometheus' text format. The only module that knows Prometheus' library."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from gateway.ops.meters import Meters

Labels = TypeVar("Labels", bound=tuple[str, ...])


def text(meters: Meters) -> bytes:
    """All of them. The names are public: dashboards and alerts hold on to them."""
    return generate_latest(_Families(meters))


@dataclass(frozen=True)
class _Families(Collector):
    meters: Meters

    def collect(self) -> Iterator[Metric]:
        """What `generate_latest()` writes."""
        meters = self.meters
        yield _counter("gateway_received", "Messages committed", ("ingress",), _one_label(meters.messages))
        yield _counter("gateway_dispositions", "What became of them", ("disposition", "reason"), meters.dispositions)
        words = "Who judged the author of a message, and the DMARC result"
        yield _counter("gateway_evidence", words, ("source", "result"), meters.evidence)
        words = "Messages committed, by what the virus scanner said"
        yield _counter("gateway_scans", words, ("result",), _one_label(meters.scans))
        yield _counter("gateway_deliveries", "Attempts to send a letter", ("outcome",), _one_label(meters.deliveries))
        words = "Messages over a limit of how many may come, by the bound that they reached"
        yield _counter("gateway_floods", words, ("limit", "bound"), meters.floods)
        words = "Messages of which the candidate policies would have made something else"
        yield _counter("gateway_policy_divergence", words, ("was", "would"), meters.divergences)
        words = "Processes that examine mail, and died"
        yield CounterMetricFamily("gateway_worker_deaths", words, value=meters.worker_deaths)
        words = "Messages in a row without a believed Authentication-Results field"
        silent = GaugeMetricFamily("gateway_border_silent", words, labels=("ingress",))
        for ingress, silence in meters.silences.items():
            silent.add_metric((ingress,), silence.messages)
        yield silent
        words = "When what signs a mailbox or the smarthost in ends, in seconds since 1970"
        ending = GaugeMetricFamily("gateway_credential_ends", words, labels=("name",))
        for name, ends in meters.endings.items():
            ending.add_metric((name,), ends.timestamp())
        yield ending
        bounds = meters.bounds()
        for name, words, value in (
            (
                "gateway_bound_now",
                "Of what there is only so much of, how much is taken; of the disk, what is free",
                "now",
            ),
            ("gateway_bound_limit", "How much there may be; of the disk, what is to stay free", "limit"),
        ):
            gauge = GaugeMetricFamily(name, words, labels=("bound",))
            for one in bounds:
                gauge.add_metric((one.name,), getattr(one, value))
            yield gauge
        words = "How often something was put off, or waited, for a bound"
        yield _counter("gateway_put_off", words, ("bound",), {(one.name,): one.put_off for one in bounds})


def _one_label(counts: Mapping[str, int]) -> dict[tuple[str], int]:
    return {(label,): count for label, count in counts.items()}


def _counter(name: str, words: str, labels: tuple[str, ...], counts: Mapping[Labels, int]) -> Metric:
    family = CounterMetricFamily(name, words, labels=labels)
    for values, count in counts.items():
        family.add_metric(values, count)
    return family
