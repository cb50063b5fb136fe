"""I2 and R2: whatever a policy says, it accepts on an account only what `authorize()` grants; every policy is total."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strategies import mail, reverse_paths
from test_i2_no_ticket_without_proof import cases as grant_cases

from gateway.config import ConfigError, shipped
from gateway.config.policies import load_policies
from gateway.core.arrival import Arrival, Origin, Position
from gateway.core.authorize import authorize
from gateway.core.decide import decide
from gateway.core.expression import compile_condition
from gateway.core.facts import SCHEMA, Facts
from gateway.core.policy import SETTABLE, Choice, Policy
from gateway.core.reason import Disposition, Reason
from gateway.core.rule import Filing, Hold, Postponement, Priority, Refusal, Route, Rule
from gateway.core.ruling import rule
from gateway.core.verdict import Accept, AuthorizedSender, Defer, Enquire, Refuse
from house import NOW

CONDITIONS = [
    compile_condition(text, SCHEMA)
    for text in (
        "true",
        "false",
        "size > 100",
        "size(intent) == 0",
        'reason == "unregistered"',
        'reason != "registered"',
        'author.domain.endsWith("example")',
        'evidence.assurance == "domain"',
        "services.exists(s, s.own)",
    )
]
dispositions = st.sampled_from((Disposition.REJECT, Disposition.QUARANTINE, Disposition.DISCARD))
stops = st.one_of(
    st.builds(Refusal, dispositions, st.builds(Hold, st.none(), st.sampled_from(("", "x")), st.booleans())),
    st.just(Postponement()),
    st.just(Filing()),
    st.none(),
)
routes = st.builds(
    Route,
    st.sampled_from(("", "technical", "administrative")),
    st.sampled_from(("", "Anna")),
    st.sampled_from(((), ("a",))),
    st.sampled_from((None, *Priority)),
)
rules = st.builds(
    Rule,
    st.just("r"),
    st.just("w:1"),
    st.sampled_from(CONDITIONS),
    stops,
    routes,
    st.sampled_from(("", "panel-required")),
)
choices = st.dictionaries(st.sampled_from(sorted(SETTABLE)), st.builds(Choice, dispositions, st.just("w:2")))
policies = st.builds(
    Policy,
    choices,
    digest=st.just("hostile"),
    fold=st.booleans(),
    rules=st.lists(rules, max_size=5).map(tuple),
)
ARRIVAL = Arrival("A", b"x" * 200, None, Origin("i", Position.EDGE), NOW)


@settings(max_examples=300)
@given(case=grant_cases, policy=policies)
def test_i2_a_policy_accepts_on_an_account_only_what_authorize_grants(case, policy):
    """And the proof is the very one that `authorize()` gives."""
    case = replace(case, arrival=ARRIVAL)
    verdict = decide(case, policy).verdict
    grant = authorize(case)
    if isinstance(verdict, Accept):
        assert verdict.sender == grant
    if isinstance(verdict, Enquire):
        assert not isinstance(grant, AuthorizedSender)
        assert grant.reason is Reason.UNREGISTERED
        assert verdict.account is None
    assert isinstance(verdict, Accept | Enquire | Refuse | Defer)


@settings(max_examples=300)
@given(policy=policies, reason=st.sampled_from(sorted(SETTABLE | {Reason.REGISTERED})), size=st.integers(0, 200))
def test_i11_every_policy_is_total(policy, reason, size):
    """Every fact has one ruling, and what is objected to is never accepted but as a stranger's enquiry."""
    ruling = rule(policy, Facts(reason=reason.value, size=size))
    if ruling.disposition is Disposition.ACCEPT and reason is not Reason.REGISTERED:
        assert (reason, ruling.reason) == (Reason.UNREGISTERED, Reason.ENQUIRY)
    assert ruling.disposition in {*Disposition, None} - {Disposition.FAILED}


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(message=mail(), reverse_path=reverse_paths, policy=policies)
async def test_i2_i5_end_to_end_under_any_policy(gateway, message, reverse_path, policy):
    """A ticket of an account has a proved and registered author; an enquiry has no account, and causes no letter."""
    raw, _, dmarc, domain = message
    before = len(gateway.outbox)
    receipt = await gateway.ruled(policy).receive(raw, reverse_path=reverse_path)
    if isinstance(receipt.verdict, Defer):
        assert len(gateway.outbox) == before
        return
    found = gateway.message(receipt.id)
    if found["disposition"] != "accept":
        assert len(gateway.outbox) == before
        return
    assert dmarc == "pass"
    if found["reason"] == "enquiry":
        assert found["account"] is None
        assert gateway.ticket(found["ticket"])["account"] is None
        assert len(gateway.outbox) == before
        return
    assert found["account"] is not None
    assert gateway.ticket(found["ticket"])["account"] == found["account"]
    assert domain == found["author"].rpartition("@")[2]


SHIPPED = [
    path.read_bytes()
    for name in ("policies", "policies/strict", "policies/lenient")
    for path in shipped(name).glob("*.yaml")
]


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_a_truncated_or_damaged_policy_refuses_or_is_refused(tmp_path_factory, data):
    """Cut anywhere, or with one octet changed: it grants nothing, and what it no longer says is held."""
    octets = data.draw(st.sampled_from(SHIPPED))
    at = data.draw(st.integers(0, len(octets)))
    damaged = data.draw(
        st.sampled_from((octets[:at], octets[:at] + data.draw(st.binary(max_size=2)) + octets[at + 1 :]))
    )
    folder = tmp_path_factory.mktemp("p")
    (folder / "a.yaml").write_bytes(damaged)
    try:
        policy = load_policies(folder)
    except ConfigError:
        return
    for reason in (Reason.UNAUTHENTICATED, Reason.AMBIGUOUS_ACCOUNT, Reason.TICKET_OF_ANOTHER_ACCOUNT, Reason.LOOP):
        assert rule(policy, Facts(reason=reason.value)).disposition is not Disposition.ACCEPT


@pytest.mark.parametrize("octets", [b"", b"version: 1\n", b"\n\n#\n"])
def test_an_empty_policy_holds_whatever_is_objected_to(tmp_path, octets):
    (tmp_path / "a.yaml").write_bytes(octets)
    policy = load_policies(tmp_path)
    for reason in SETTABLE:
        assert rule(policy, Facts(reason=reason.value)).disposition is Disposition.QUARANTINE
