"""Families of metrics, as Prometheus' library wants them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TypeVar

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from gateway.ops.histogram import Histogram

Labels = TypeVar("Labels", bound=tuple[str, ...])
Number = TypeVar("Number", int, float)


def counter(name: str, words: str, labels: tuple[str, ...], counts: Mapping[Labels, int]) -> Metric:
    """What only grows; the library adds `_total` to the name."""
    family = CounterMetricFamily(name, words, labels=labels)
    for values, count in counts.items():
        family.add_metric(values, count)
    return family


def gauge(name: str, words: str, labels: tuple[str, ...], now: Mapping[Labels, float]) -> Metric:
    """What is so now."""
    family = GaugeMetricFamily(name, words, labels=labels)
    for values, value in now.items():
        family.add_metric(values, value)
    return family


def moments(name: str, words: str, label: str, when: Mapping[str, datetime | None]) -> Metric:
    """When something was or will be, in seconds since 1970; nothing where that is not known."""
    known = {((key,) if label else ()): moment.timestamp() for key, moment in when.items() if moment}
    return gauge(f"{name}_timestamp_seconds", f"{words}, in seconds since 1970", (label,) if label else (), known)


def histogram(name: str, words: str, found: Histogram) -> Metric:
    """How long something took."""
    family = HistogramMetricFamily(name, words)
    family.add_metric((), found.buckets(), found.total)
    return family


def of_one(values: Mapping[str, Number]) -> dict[tuple[str], Number]:
    """Those with one label."""
    return {(label,): value for label, value in values.items()}
