"""Policy files: they can refuse in many ways and grant in none, and what they leave out is quarantined."""

from dataclasses import fields

import pytest

from gateway.config import ConfigError, shipped
from gateway.config.policies import load_policies, oracle_warnings
from gateway.core.doubts import doubts
from gateway.core.limits import AttachmentLimits
from gateway.core.mentions import COUNTED, Part
from gateway.core.policy import SETTABLE, TELLING, Choice, Policy
from gateway.core.rates import Bound, RateLimits
from gateway.core.reason import Disposition, Reason
from gateway.core.verdict import Objection


def policy_of(directory, **files):
    for name, text in files.items():
        (directory / f"{name}.yaml").write_text(text)
    return load_policies(directory)


def refusal_of(directory, **files):
    with pytest.raises(ConfigError) as refusal:
        policy_of(directory, **files)
    assert "\n" not in str(refusal.value)
    return str(refusal.value)


def test_the_shipped_policy_speaks_of_every_reason():
    """An operator who reads it has seen all there is to choose."""
    assert set(load_policies(None).choices) == SETTABLE


def test_the_shipped_policy_is_no_oracle():
    """Every reason that depends on the accounts is refused alike (I10)."""
    policy = load_policies(None)
    assert {policy.choices[reason].disposition for reason in TELLING} == {Disposition.QUARANTINE}
    assert oracle_warnings(policy, edge=True) == []


def test_a_choice_says_where_it_stands(tmp_path):
    """The rule of a verdict is a file and a line."""
    policy = policy_of(tmp_path, own="version: 1\ndispositions:\n  loop: discard\n")
    assert policy.choices == {Reason.LOOP: Choice(Disposition.DISCARD, "own.yaml:3")}


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "version: 1\n", "version: 1\ndispositions:\n"])
def test_an_empty_file_fails_closed(tmp_path, text):
    """What no file speaks of is quarantined."""
    policy = policy_of(tmp_path, own=text)
    for reason in SETTABLE:
        assert policy.refuse(Objection(reason, "")).disposition is Disposition.QUARANTINE


@pytest.mark.parametrize(
    ("text", "fold"),
    [("", False), ("thread_auto_responses: fold", True), ("thread_auto_responses: quarantine", False)],
)
def test_answers_of_programs_are_folded_only_where_it_is_said(tmp_path, text, fold):
    """Left out, they are what `auto-response` says."""
    assert policy_of(tmp_path, own=f"version: 1\n{text}\n").fold is fold


@pytest.mark.parametrize(
    ("text", "asking", "warned"),
    [
        ("", "off", 1),
        ("confirmation: off", "off", 1),
        ("confirmation: digest", "digest", 0),
        ("confirmation: each", "each", 0),
    ],
)
def test_primaries_are_asked_only_where_it_is_said(tmp_path, text, asking, warned):
    """Left out, it is off whatever rules say; and whoever wrote such a rule is told."""
    rule = "rules:\n  - {name: a, when: 'true', then: {quarantine: {confirm: true}}}\n"
    policy = policy_of(tmp_path, own=f"version: 1\n{text}\n{rule}")
    assert (policy.confirmation, len(list(doubts(policy, edge=False)))) == (asking, warned)


@pytest.mark.parametrize(
    ("text", "least"),
    [("", "domain-only"), ("least_assurance: domain", "domain"), ("least_assurance: domain-only", "domain-only")],
)
def test_what_proof_has_to_be_worth_is_said_once(tmp_path, text, least):
    """Threats rule 8: usable in policy. Left out, proof of a shared provider is enough."""
    assert policy_of(tmp_path, own=f"version: 1\n{text}\n").least_assurance == least


def test_files_add_up(tmp_path):
    """In the order of their names."""
    one, two = (
        "version: 1\ndispositions: {loop: discard}\n",
        "version: 1\nqueue: administrative\ndispositions: {bulk: reject}\n",
    )
    policy = policy_of(tmp_path, one=one, two=two)
    assert set(policy.choices) == {Reason.LOOP, Reason.BULK}
    assert policy.queue == "administrative"


def test_what_a_message_is_about_is_read_from_the_parts_that_are_named(tmp_path):
    """Left out: what was written here. Anything that a list leaves out does not count."""
    assert load_policies(None).about == COUNTED == {Part.SUBJECT, Part.TEXT, Part.ATTACHMENTS}
    assert policy_of(tmp_path, own="version: 1\nabout: [text, quoted]\n").about == {Part.TEXT, Part.QUOTED}


def test_limits_on_attachments_are_read(tmp_path):
    """Left out, nothing is refused."""
    assert load_policies(None).attachments == policy_of(tmp_path, one="version: 1\n").attachments == AttachmentLimits()
    text = "attachments: {count: 3, size: 10MiB, refuse: [text/html], refuse_extensions: [exe, js]}"
    limits = policy_of(tmp_path, two=f"version: 1\n{text}\n").attachments
    assert limits == AttachmentLimits(3, 10 * 2**20, frozenset({"text/html"}), frozenset({"exe", "js"}))
    assert "two.yaml:2: attachments: is also set at three.yaml:2; set it once" in refusal_of(
        tmp_path, three=f"version: 1\n{text}\n"
    )


def test_the_example_of_the_shipped_policy_can_be_used(tmp_path):
    """Whoever takes the # away has a file that is read."""
    shipped_text = (shipped("policies") / "default.yaml").read_text()
    example = shipped_text.partition("\n# attachments:\n")[2]
    used = "attachments:\n" + "".join(f"{line.removeprefix('#')}\n" for line in example.splitlines())
    assert policy_of(tmp_path, own=f"version: 1\n{used}").attachments.count == 50


def test_a_reason_given_twice_names_both_places(tmp_path):
    """Which of two files wins is not for an operator to guess."""
    text = "version: 1\ndispositions:\n  loop: discard\n"
    words = refusal_of(tmp_path, a=text, b=text)
    assert words.endswith("b.yaml:3: dispositions.loop: is also set at a.yaml:3; set it once")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "dispositions: {loop: accept}",
            "2: dispositions.loop: accept: a policy can refuse in many ways and grant in",
        ),
        (
            "dispositions: {loop: bounce}",
            "2: dispositions.loop: is not a disposition (bounce); discard, quarantine",
        ),
        ("dispositions: {loop: [reject]}", "2: dispositions.loop: is not a disposition"),
        ("about: [subject, quotes]", "2: about[1]: is no part of a message (quotes); did you mean quoted?"),
        ("about: [[text]]", "2: about[0]: is no part of a message"),
        ("about: text", "2: about: is not a list of parts of a message; a list of subject, text, attachments"),
        ("about: []", "2: about: is not a list of parts of a message"),
        ("dispositions: {lop: reject}", "2: dispositions.lop: is no reason for a refusal; did you mean loop?"),
        ("dispositions: {registered: reject}", "2: dispositions.registered: is no reason for a refusal"),
        ("dispositions: {duplicate: reject}", "2: dispositions.duplicate: is always discard, whatever a policy says"),
        ("dispositions: [loop]", "2: dispositions: is not a mapping"),
        ("queue: sales", "2: queue: is no queue (sales); technical or administrative"),
        ("queue: [technical]", "2: queue: is no queue"),
        ("least_assurance: none", "2: least_assurance: is no least_assurance (none); domain-only or domain"),
        ("attachments: [exe]", "2: attachments: is not a mapping"),
        ("attachments: {sizes: 1}", "2: attachments.sizes: unknown key; did you mean size?"),
        ("attachments: {count: -1}", "2: attachments.count: is no number (-1); such as 20"),
        ("attachments: {count: true}", "2: attachments.count: is no number (True); such as 20"),
        (
            "attachments: {size: 10}",
            "2: attachments.size: is not a whole number from 1, then one of KiB, MiB, GiB (10)",
        ),
        ("attachments: {refuse: exe}", "2: attachments.refuse: is no list of at most 200"),
        ("attachments: {refuse: [exe]}", "2: attachments.refuse[0]: is no content type in lower case (exe); such as"),
        (
            "attachments:\n  refuse_extensions:\n  - js\n  - .exe",
            "5: attachments.refuse_extensions[1]: is no extension",
        ),
        (
            "attachments: {refuse_extensions: [EXE]}",
            "2: attachments.refuse_extensions[0]: is no extension in lower case",
        ),
        ("queue: technical\nqueue: technical", "3: queue: stands here and on line 2"),
    ],
)
def test_a_bad_line_is_refused_with_its_reason(tmp_path, text, words):
    """File, line, key, what is wrong, what would be right."""
    assert f"own.yaml:{words}" in refusal_of(tmp_path, own=f"version: 1\n{text}\n")


@pytest.mark.parametrize("version", ["2", "true", "'1'", "[]"])
def test_a_version_that_is_not_ours_is_refused(tmp_path, version):
    """A file written for a later gateway is not half understood."""
    assert "version: is not one that can be read" in refusal_of(tmp_path, own=f"version: {version}\n")


def test_a_directory_that_is_not_there_is_refused(tmp_path):
    """A misspelt path is not an empty policy."""
    with pytest.raises(ConfigError, match="No such file"):
        load_policies(tmp_path / "none")


def test_a_file_that_would_be_passed_over_is_refused(tmp_path):
    """*.yml is one letter away from being read."""
    (tmp_path / "own.yml").write_text("version: 1\n")
    with pytest.raises(ConfigError, match=r"name it \.yaml"):
        load_policies(tmp_path)


def test_the_digest_changes_with_a_byte_and_with_a_name(tmp_path):
    """A verdict records by which policy it was given."""
    digests = set()
    for name, text in (("a", "version: 1\n"), ("a", "version: 1 \n"), ("b", "version: 1\n")):
        directory = tmp_path / str(len(digests))
        directory.mkdir()
        digests.add(policy_of(directory, **{name: text}).digest)
    assert len(digests) == 3


def test_refusing_differently_at_the_edge_is_an_oracle():
    """A 550 for one and a 250 for another tells who is registered (I10)."""
    policy = Policy({Reason.UNREGISTERED: Choice(Disposition.REJECT, "own.yaml:3")})
    (warning,) = oracle_warnings(policy, edge=True)
    assert "reject: unregistered" in warning
    assert oracle_warnings(policy, edge=False) == []


def test_refusing_all_alike_at_the_edge_is_none():
    """Reject everywhere is as silent as quarantine everywhere."""
    policy = Policy({reason: Choice(Disposition.REJECT, "own.yaml:3") for reason in TELLING})
    assert oracle_warnings(policy, edge=True) == []


def test_a_limit_says_where_it_stands_and_what_it_leaves_out_is_the_default(tmp_path):
    """The rule of what is ignored is a file and a line; the limits of two files add up."""
    one, other = "limits:\n  per_author: {hold: 5/hour}\n", "limits:\n  per_ticket: {hold: 1/hour, ignore: 2/hour}\n"
    limits = policy_of(tmp_path, a=f"version: 1\n{one}", b=f"version: 1\n{other}").limits
    assert limits.per_author == Bound(5, RateLimits().per_author.ignore, "a.yaml:3")
    assert limits.per_ticket == Bound(1, 2, "b.yaml:3")
    assert limits.per_account == RateLimits().per_account


def test_the_shipped_limits_are_those_without_a_file(tmp_path):
    """Whoever leaves them out of a file of their own has what the shipped one says."""
    shipped_limits = load_policies(None).limits
    for field in fields(RateLimits):
        said, default = getattr(shipped_limits, field.name), getattr(RateLimits(), field.name)
        assert (said.hold, said.ignore) == (default.hold, default.ignore)
        assert said.where.startswith("default.yaml:")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("limits: 5", "own.yaml:2: limits: is not a mapping"),
        ("limits:\n  per_autor: {hold: 5/hour}", "own.yaml:3: limits.per_autor: unknown key; did you mean per_author?"),
        ("limits:\n  per_author: 5/hour", "own.yaml:3: limits.per_author: is not a mapping"),
        (
            "limits:\n  per_author: {stop: 5/hour}",
            "own.yaml:3: limits.per_author.stop: unknown key; known here: hold, ignore",
        ),
        ("limits:\n  per_author: {hold: 5/day}", "own.yaml:3: limits.per_author.hold: is no number up to 1000000 an"),
        ("limits:\n  per_author: {hold: 0/hour}", "is no number up to 1000000 an hour (0/hour); such as 60/hour"),
        ("limits:\n  per_author: {hold: 1000001/hour}", "is no number up to 1000000 an hour"),
        ("limits:\n  per_author: {hold: 5}", "is no number up to 1000000 an hour (5)"),
        ("limits:\n  per_author: {hold: 9/hour, ignore: 8/hour}", "ignores from 8 on what it would hold from 9 on"),
        ("limits:\n  per_author: {hold: 700/hour}", "ignores from 600 on what it would hold from 700 on"),
    ],
)
def test_a_limit_that_cannot_be_is_refused_where_it_stands(tmp_path, text, words):
    assert words in refusal_of(tmp_path, own=f"version: 1\n{text}\n")


def test_a_limit_given_twice_names_both_places(tmp_path):
    text = "version: 1\nlimits:\n  per_author: {hold: 5/hour}\n"
    words = refusal_of(tmp_path, a=text, b=text)
    assert words.endswith("b.yaml:3: limits.per_author: is also set at a.yaml:3; set it once")
