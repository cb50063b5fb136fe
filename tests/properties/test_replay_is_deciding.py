"""What another policy would have said is what it would have: of the facts that one left, as of the case itself."""

from __future__ import annotations

import json
from dataclasses import replace

import strategies
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strategies import reverse_paths
from test_i2_no_policy_grants import ARRIVAL, policies
from test_i2_no_ticket_without_proof import account, cases

from gateway.core.account import Sender
from gateway.core.case import Mention, TicketFact
from gateway.core.counting import counters
from gateway.core.decide import decide
from gateway.core.evidence import Assurance
from gateway.core.limits import AttachmentLimits
from gateway.core.mentions import Named
from gateway.core.message import Attachment, Body, Malformed, Message, Robot
from gateway.core.policy import FIXED
from gateway.core.rates import Bound, RateLimits, Rates
from gateway.core.reason import Disposition, Reason
from gateway.core.reference import Found
from gateway.core.replay import replay
from gateway.core.scan import Clean, Infected, NotScanned
from gateway.core.verdict import Defer
from gateway.store import past

bounds = st.builds(Bound, st.integers(4, 20), st.integers(20, 30), st.just("w:3"))
limits = st.builds(RateLimits, *[bounds] * 8)
unwanted = st.builds(
    AttachmentLimits,
    st.sampled_from((None, None, 0, 1)),
    st.sampled_from((None, None, 50)),
    st.sampled_from((frozenset(), frozenset({"application/pdf"}))),
    st.sampled_from((frozenset(), frozenset({"exe"}))),
)
files = st.builds(
    Attachment,
    st.sampled_from(("a.pdf", "a.exe.pdf", "a.EXE", "exe")),
    st.sampled_from(("application/pdf", "text/plain")),
    st.sampled_from((10, 100)),
    st.just(""),
    st.booleans(),
    st.sampled_from(("", "application/x-msdownload")),
)
automatic = st.none() | st.sampled_from(
    (Robot(Reason.AUTO_RESPONSE, "a notice"), Robot(Reason.AUTO_RESPONSE, "x"), Robot(Reason.BULK, "a list"))
)
sets = st.builds(
    replace,
    policies,
    least_assurance=st.sampled_from((Assurance.DOMAIN, Assurance.DOMAIN_ONLY)),
    attachments=unwanted,
    limits=limits,
)


@st.composite
def mail(draw):
    """A case of whatever may come in, as `receive()` has it before it is decided."""
    case = draw(cases)
    body = Body(attachments=tuple(draw(st.lists(files, max_size=2))))
    parsed = replace(case.parsed, body=body, automatic=draw(automatic), hops=draw(st.sampled_from((0, 0, 0, 100))))
    if draw(st.integers(0, 9)) == 9:
        parsed = Malformed(
            parsed.header, draw(st.sampled_from((Reason.MALFORMED_AUTHOR, Reason.MALFORMED_MESSAGE))), ""
        )
    evidence = case.evidence
    if evidence.aligned and draw(st.booleans()):
        evidence = replace(evidence, assurance=Assurance.DOMAIN_ONLY)
    case = replace(
        case,
        arrival=ARRIVAL,
        parsed=parsed,
        sender=case.sender if isinstance(parsed, Message) else None,
        evidence=evidence,
        override=None,
        scan=draw(st.sampled_from((None, None, Clean(), Infected("Eicar"), NotScanned("away")))),
        from_ourselves=draw(st.integers(0, 9)) == 9,
        rates=draw(st.builds(Rates, *[st.just(0) | st.integers(0, 35)] * 6)),
    )
    if isinstance(parsed, Message) and draw(st.integers(0, 3)) == 0:
        case = in_thread(case, parsed)
    return replace(case, counted=counters(case)) if isinstance(parsed, Message) else case


def in_thread(case, parsed):
    """A program of the customer's answers a letter of ours: what policies may fold."""
    owner = account(1)
    return replace(
        case,
        parsed=replace(parsed, automatic=Robot(Reason.AUTO_RESPONSE, "a notice"), hops=0),
        sender=Sender(parsed.author, (owner,)),
        evidence=replace(case.evidence, assurance=Assurance.DOMAIN),
        mentions=(Mention("R", Found.PLUS_ADDRESS, TicketFact(1, "R", owner.id)),),
        named=Named(),
        about=(),
        from_ourselves=False,
    )


@settings(max_examples=300)
@given(case=mail(), ruling=sets, candidate=sets)
def test_what_is_replayed_is_what_would_have_been_decided(case, ruling, candidate):
    """Disposition, reason and rule, under every other policy: its rules, limits, least assurance and threads."""
    decision = decide(case, ruling)
    kept = json.loads(json.dumps(decision.facts.record())) if decision.facts else None
    was = Reason.REGISTERED if isinstance(decision.verdict, Defer) else decision.verdict.reason
    would, said = replay(candidate, was, kept), decide(case, candidate).verdict
    if isinstance(said, Defer):
        assert would.disposition is None
    else:
        assert (would.disposition, would.reason, would.rule) == (said.disposition, said.reason, said.rule)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(message=strategies.mail(), reverse_path=reverse_paths, ruling=sets)
async def test_the_ruling_set_finds_no_flip_in_what_it_ruled(gateway, message, reverse_path, ruling):
    """Through the gateway and its store: what is read back, replayed with the very same set, ends as it did."""
    ruled = gateway.ruled(ruling)
    arrival = ruled.arrival(message[0], reverse_path=reverse_path)
    await ruled.receiver(arrival)
    for one in past.messages(gateway.database, arrival.at, arrival.at):
        again = replay(ruling, one.reason, one.facts)
        flooded = one.facts is None and one.reason is Reason.RATE_LIMIT  # among what could not be read
        if one.reason in FIXED or one.disposition is Disposition.FAILED or flooded:
            assert again is None
        else:
            assert (again.disposition, again.reason, again.rule) == (one.disposition, one.reason, one.rule)
