"""I2: no ticket on an account without a registered and authenticated author (R1-R3)."""

from __future__ import annotations

import ast
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strategies import mail, reverse_paths

import gateway as package
from gateway.core.account import Account, Language, Sender, Service, Standing
from gateway.core.address import Address
from gateway.core.authorize import authorize
from gateway.core.case import Case, Mention, Override, TicketFact
from gateway.core.evidence import Assurance, Evidence, Source
from gateway.core.mentions import Named
from gateway.core.message import Body, Header, Message
from gateway.core.reason import Reason
from gateway.core.reference import Found
from gateway.core.verdict import AuthorizedSender
from gateway.store import book

ADDRESSES = [Address("a", "x.example"), Address("b", "y.example")]


def mostly(usual, otherwise):
    """So that a case with one thing wrong, and all else as it should be, is not the exception."""
    return st.one_of(st.just(usual), st.just(usual), otherwise)


def account(number=1, status=Standing.ACTIVE):
    return Account(number, f"C{number}", "C", Language.IT, status, ADDRESSES[0])


standings = mostly(Standing.ACTIVE, st.sampled_from(Standing))
accounts = st.lists(st.builds(account, st.integers(1, 3), standings), max_size=3).map(tuple)
senders = st.builds(Sender, st.just(ADDRESSES[0]), mostly((account(),), accounts))
tickets = st.none() | st.builds(TicketFact, st.just(1), st.just("R"), st.integers(1, 3))
services = st.builds(Service, st.integers(1, 3), st.just("domain"), st.sampled_from(["p.example", "q.example"]))
overrides = st.builds(
    Override,
    st.just("ops"),
    st.frozensets(st.sampled_from(Reason)),
    mostly(None, st.sampled_from(["C1", "C2", "C9"])),
)
cases = st.builds(
    Case,
    arrival=st.none(),
    parsed=mostly(ADDRESSES[0], st.sampled_from(ADDRESSES)).map(
        lambda author: Message(Header(), author, (), Body(), None, 0, ()),
    ),
    sender=st.one_of(senders, senders, st.none()),
    evidence=st.builds(
        Evidence, assurance=mostly(Assurance.DOMAIN, st.just(Assurance.NONE)), source=st.sampled_from(Source)
    ),
    mentions=mostly(
        (), st.lists(st.builds(Mention, st.just("R"), st.sampled_from(Found), tickets), max_size=2).map(tuple)
    ),
    named=mostly(Named(), st.just(Named(beyond="over 1 names"))),
    about=mostly((), st.lists(services, max_size=3).map(tuple)),
    override=mostly(None, overrides),
)


@settings(max_examples=300)
@given(cases)
def test_i2_proof_is_given_only_for_the_one_account_of_the_author(case):
    """One registered account in good standing, aligned evidence, and nothing of another account's."""
    grant = authorize(case)
    if not isinstance(grant, AuthorizedSender):
        return
    waived = case.override.reasons if case.override else frozenset()
    assert grant.author == case.parsed.author == case.sender.author
    assert grant.account in case.sender.accounts
    assert grant.account.status is Standing.ACTIVE
    assert len(case.sender.accounts) == 1 or case.override.account == grant.account.code
    assert case.evidence.assurance is Assurance.DOMAIN or Reason.UNAUTHENTICATED in waived
    for mention in case.mentions:
        foreign = mention.ticket is None or mention.ticket.account_id != grant.account.id
        assert not foreign or Reason.TICKET_OF_ANOTHER_ACCOUNT in waived
    assert not case.named.beyond or Reason.SERVICE_OF_ANOTHER_ACCOUNT in waived
    own = {service.name for service in case.about if service.account_id == grant.account.id}
    assert {service.name for service in case.about} <= own or Reason.SERVICE_OF_ANOTHER_ACCOUNT in waived


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(message=mail(), reverse_path=reverse_paths)
async def test_i2_an_accepted_message_has_a_registered_author_whose_domain_is_proved(gateway, message, reverse_path):
    """End to end over the real store: what is in a ticket was written by one of the account's own addresses."""
    raw, _, dmarc, domain = message
    receipt = await gateway.receive(raw, reverse_path=reverse_path)
    found = gateway.message(receipt.id)
    if found["disposition"] != "accept":
        assert found["ticket"] is None or found["reason"] == "duplicate"
        return
    author = Address.parse(found["author"])
    registered = gateway.database.read(lambda connection: book.registered(connection, author))
    assert [one.code for one in registered] == [found["account"]]
    assert (dmarc, domain) == ("pass", author.domain)


def test_i2_one_file_makes_the_proof():
    """The only call of AuthorizedSender is in core/authorize.py, and that of Outgoing in core/reply.py (I1)."""
    root = Path(package.__file__).parent
    made = {"AuthorizedSender": set(), "Outgoing": set()}
    for path in root.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in made:
                made[getattr(node.func, "id", None) or node.func.attr].add(path.relative_to(root).as_posix())
    assert made == {"AuthorizedSender": {"core/authorize.py"}, "Outgoing": {"core/reply.py"}}
