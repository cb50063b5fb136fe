"""A policy's `retention:`: what deletes must be said, in days, and what is not said is kept."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gateway.config import ConfigError, shipped
from gateway.config.policies import load_policies
from gateway.core.reason import Disposition, Reason
from gateway.core.retention import BY_AGE, Retention

SECTION = """\
version: 1
retention:
  quarantine: 30d
  reasons: {bulk: 7d, unregistered: keep}
  accept: 365d
  reject: 90d
  discard: 14d
  failed: keep
  tickets: 730d
  records: 400d
"""


def read(folder, text):
    (folder / "own.yaml").write_text(text)
    return load_policies(folder).retention


def test_each_key_is_read(tmp_path):
    """In days; `keep` is for good."""
    days = {Disposition.ACCEPT: 365, Disposition.REJECT: 90, Disposition.DISCARD: 14}
    octets = {one: timedelta(days=number) for one, number in days.items()}
    assert read(tmp_path, SECTION) == Retention(
        held=timedelta(days=30),
        reasons={Reason.BULK: timedelta(days=7), Reason.UNREGISTERED: None},
        octets={**octets, Disposition.FAILED: None},
        tickets=timedelta(days=730),
        records=timedelta(days=400),
    )


@pytest.mark.parametrize("text", ["", "version: 1\n", "version: 1\nretention:\n", "version: 1\nretention: {}\n"])
def test_what_is_not_said_is_kept(tmp_path, text):
    """Nothing goes by itself unless somebody wrote that it does."""
    assert not read(tmp_path, text).deletes


def test_the_shipped_policy_deletes_nothing():
    assert not load_policies(None).retention.deletes


def test_the_example_of_the_shipped_policy_can_be_used(tmp_path):
    """Whoever takes the # away has a file that is read."""
    text = (shipped("policies") / "default.yaml").read_text()
    example = text.partition("# retention:\n")[2].partition("\n\n")[0]
    used = "".join(f"{line.removeprefix('#')}\n" for line in example.splitlines())
    assert read(tmp_path, f"version: 1\nretention:\n{used}").held == timedelta(days=30)


def test_a_file_that_was_cut_off_deletes_nothing_sooner(tmp_path):
    """Whatever is left of the section says the same or less, or is refused."""
    whole = read(tmp_path, SECTION)
    for end in range(len(SECTION)):
        try:
            cut = read(tmp_path, SECTION[:end])
        except ConfigError:
            continue
        assert cut.held in {None, whole.held}
        assert cut.tickets in {None, whole.tickets}
        assert cut.records in {None, whole.records}
        assert all(cut.octets.get(one) in {None, whole.octets[one]} for one in BY_AGE)


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ("{quarantine: 30}", "retention.quarantine: is no number of days from 1d to 3660d, nor keep (30); such as 30d"),
        ("{reject: 12h}", "retention.reject: is no number of days"),
        ("{discard: 0d}", "retention.discard: is no number of days"),
        ("{failed: 9999d}", "retention.failed: is no number of days"),
        ("{quarantine: }", "retention.quarantine: is no number of days"),
        ("{quarantin: 30d}", "retention.quarantin: unknown key; did you mean quarantine?"),
        ("{reasons: {bulc: 7d}}", "retention.reasons.bulc: is no reason for a refusal; did you mean bulk?"),
        ("{reasons: {duplicate: 7d}}", "retention.reasons.duplicate: is no reason for a refusal"),
        ("{reasons: [bulk]}", "retention.reasons: is not a mapping"),
        ("30d", "retention: is not a mapping"),
        ("{tickets: 29d, accept: 7d}", "retention.tickets: is under 30d, for which its letters tell"),
        ("{tickets: 365d}", "retention.tickets: is over before `accept` is"),
        ("{tickets: 365d, accept: 366d}", "retention.tickets: is over before `accept` is"),
    ],
)
def test_a_mistake_is_named(tmp_path, section, words):
    """File, line, key, what is wrong, and what would be right."""
    with pytest.raises(ConfigError) as refusal:
        read(tmp_path, f"version: 1\nretention: {section}\n")
    assert f"own.yaml:2: {words}" in str(refusal.value)


def test_it_is_said_once(tmp_path):
    """Two files that each delete are a question, not an answer."""
    (tmp_path / "first.yaml").write_text("version: 1\nretention: {reject: 9d}\n")
    with pytest.raises(ConfigError, match=r"retention: is also set at first\.yaml:2; set it once"):
        read(tmp_path, "version: 1\nretention: {reject: 9d}\n")
