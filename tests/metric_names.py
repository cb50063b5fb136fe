"""The names of all metrics with their labels, read off a page on which everything is told that can be."""

from __future__ import annotations

from datetime import timedelta

from prometheus_client.parser import text_string_to_metric_families

from gateway.core.border import Silence
from gateway.core.figures import Figures
from gateway.core.standing import Bound, InForce, Report, Standing
from gateway.ops.meters import Meters
from house import NOW, page

HISTOGRAM = ("_bucket", "_count", "_sum")


def full():
    """The lines of the page."""
    ends = {"port": NOW + timedelta(days=9)}
    meters = Meters(canary=NOW, endings={"box": NOW}, silences={"port": Silence()}, certificates=lambda: ends)
    meters.dispositions["accept", "registered"] = 1
    meters.evidence["header", "pass"] = 1
    meters.comparisons["accept", "quarantine"] = 1
    report = Report(NOW, InForce("d", NOW), (Standing("port", "smtp", NOW, NOW),), (Bound("memory", 0, 1, 0),))
    figures = Figures(NOW, off={"port": 0}, sources={"crm": NOW})
    return page(meters, report=report, figures=figures, backup=NOW, sources=frozenset({"crm"}))


def series():
    """Each name as queries have it, with the names of its labels."""
    families = text_string_to_metric_families("\n".join(full()) + "\n")
    return {sample.name: frozenset(sample.labels) for family in families for sample in family.samples}


def metrics():
    """Each name as documents have it: a histogram once, and nothing of the library's own."""
    ours = {name: labels for name, labels in series().items() if name.startswith("gateway_")}
    histograms = {name.removesuffix("_bucket") for name in ours if name.endswith("_bucket")}
    parts = {f"{name}{part}" for name in histograms for part in HISTOGRAM}
    return {
        **{name: labels for name, labels in ours.items() if name not in parts},
        **dict.fromkeys(histograms, frozenset()),
    }
