"""What a source says becomes its accounts, and nobody else's; never more is taken away than its guard lets go."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from gateway.core.account import Language, Standing
from gateway.core.address import Address
from gateway.core.roster import Entry, Held
from gateway.core.sourced import LEAST, Guard, Known, Roster
from gateway.store import audit, book
from gateway.store.database import Superseded
from gateway.store.listing import Window
from gateway.store.roster import RosterRefused, import_roster
from gateway.store.roster_owner import keeper, release
from gateway.store.sources import Terms, known, sync
from house import NOW, new_database
from postgresql import file_only

CRM, ERP = Terms("crm", frozenset({"erp"})), Terms("erp", frozenset({"crm"}))
LATER = NOW + timedelta(minutes=15)
COUNTED = "1 added, 1 changed, 1 unchanged, 0 removed, 0 closed, 2 gained access, 0 lost access"
DID = f"{COUNTED}; gained access on C; asked for by anna"


def entry(code, *secondary, **more):
    low = code.lower()
    addresses = tuple(Address(one, f"{low}.example") for one in ("admin", "tech", *secondary))
    services = (Held("domain", f"{low}.example"),)
    made = Entry("crm", 1, code, code, Language.IT, Standing.ACTIVE, addresses[0], addresses[1:], services)
    return replace(made, **more)


def entries(number, first=0):
    return [entry(f"C{one}") for one in range(first, number)]


class Book:
    def __init__(self, url):
        self.database = new_database(url)

    def sync(self, *said, terms=CRM, dry_run=False, before=None, digest="d", now=NOW):
        before = before or self.known(terms.source)
        roster = Roster(digest, iter(said))
        return sync(self.database, roster, terms, before, now=now, next_at=LATER, dry_run=dry_run)

    def load(self, *said, prune=False, sources=("crm", "erp")):
        how = {"prune": prune, "dry_run": False, "now": NOW, "by": "ops", "sources": sources}
        return import_roster(self.database, iter(said), **how)

    def refusal(self, *said, **how):
        with pytest.raises(RosterRefused) as refused:
            self.sync(*said, **how)
        [line] = refused.value.lines()
        return line

    def known(self, name):
        return self.database.read(partial(known, name=name))

    @property
    def owners(self):
        return {code: one["source"] for code, one in self.records.items()}

    @property
    def records(self):
        return self.database.read(lambda connection: {one["code"]: one for one in book.records(connection)})

    @property
    def acts(self):
        told = self.database.read(lambda connection: list(audit.records(connection, Window())))
        return [(one["by"], one["action"], one["subject"], one["detail"]) for one in told]


@pytest.fixture
def accounts(url):
    one = Book(url)
    yield one
    one.database.close()


def test_a_source_keeps_its_own_accounts_and_touches_no_other(accounts):
    """What it no longer names goes; what is kept by hand, or by another source, stays as it is."""
    accounts.load(entry("HAND"))
    accounts.sync(entry("OTHER"), terms=ERP)
    accounts.sync(entry("A"), entry("B"))
    told = accounts.sync(entry("A"), digest="e").report
    assert (told.removed, told.unchanged) == (1, 1)
    assert accounts.owners == {"HAND": None, "OTHER": "erp", "A": "crm"}


@file_only
def test_what_is_kept_by_hand_is_taken_over_only_when_told(accounts):
    """A source that names it by mistake must not write it; a firm that moves to a source can say so."""
    accounts.load(entry("HAND", "old"))
    assert "account HAND: is kept by hand; leave it out here, or give it" in accounts.refusal(entry("HAND"))
    assert accounts.owners == {"HAND": None}
    assert accounts.sync(entry("HAND"), terms=replace(CRM, adopt=True)).report.changed == 1
    assert accounts.owners == {"HAND": "crm"}
    assert accounts.sync(entry("HAND"), digest="e").report.unchanged == 1


@file_only
def test_two_sources_that_name_one_account_are_refused(accounts):
    """Nobody could say which is right; not even adoption takes it, and one line tells."""
    accounts.sync(entry("A"), terms=ERP)
    line = accounts.refusal(entry("A"), terms=replace(CRM, adopt=True))
    assert line == "crm:1: account A: is kept by source erp; name it in one"


@file_only
def test_an_import_leaves_what_a_source_keeps(accounts):
    """It neither writes nor prunes it; of a source that is configured no more it does take it."""
    accounts.sync(entry("A"))
    with pytest.raises(RosterRefused, match="account A: is kept by source crm; change it there"):
        accounts.load(entry("A", "new"))
    assert accounts.load(entry("HAND"), prune=True).removed == 0
    assert accounts.load(entry("A"), sources=()).changed == 1
    assert accounts.owners == {"A": None, "HAND": None}


@file_only
def test_a_domain_of_another_sources_account_is_not_taken(accounts):
    """R3: a domain has one holder, whoever keeps it."""
    accounts.sync(entry("A"), terms=ERP)
    taker = entry("B", services=(Held("domain", "a.example"),))
    assert "a.example is a service of account A, which is not named here" in accounts.refusal(taker)


@file_only
@pytest.mark.parametrize(
    "change",
    [
        {"status": Standing.CLOSED},
        {"status": Standing.SUSPENDED},
        {"secondary": ()},
        {"services": ()},
        {"primary": Address("new", "x.example")},
    ],
    ids=lambda one: next(iter(one)),
)
def test_the_guard_counts_whoever_loses_something(accounts, change):
    """Good standing, an address, a service, where letters go: over the percentage nothing at all is done."""
    accounts.sync(*entries(50))
    harmed = [replace(one, **change) for one in entries(LEAST + 3)]
    said = [*harmed, *entries(50, LEAST + 3)]
    assert "would take something from 6 of its 50 accounts, over 10 %;" in accounts.refusal(*said)
    assert accounts.records["C0"]["primary"] == "admin@c0.example"
    assert accounts.sync(*said, terms=replace(CRM, allow_removal=True)).harmed == LEAST + 3


def test_the_guard_counts_those_that_are_named_no_more(accounts):
    """A query that lost half its rows is the mistake that it is for; a dry run tells before."""
    accounts.sync(*entries(50))
    rehearsed = accounts.sync(*entries(50, 6), dry_run=True)
    assert (rehearsed.harmed, rehearsed.kept, rehearsed.report.removed) == (6, 50, 6)
    assert "with --allow-removal" in rehearsed.stopped
    assert accounts.refusal(*entries(50, 6)) == rehearsed.stopped
    assert accounts.sync(*entries(50, 5)).report.removed == 5


@file_only
def test_what_harms_nobody_is_not_guarded(accounts):
    """Names, languages, more addresses and new accounts, however many."""
    accounts.sync(*entries(20))
    changed = [entry(f"C{one}", "more", name="x", language=Language.EN) for one in range(20)]
    synced = accounts.sync(*changed, *entries(40, 20))
    assert (synced.harmed, synced.report.changed, synced.report.added) == (0, 20, 20)


@file_only
def test_a_small_firm_may_lose_a_few(accounts):
    """One in ten of seven accounts is none: LEAST of them may go all the same, and not one more."""
    accounts.sync(*entries(7))
    assert accounts.sync(*entries(7, LEAST)).report.removed == LEAST
    assert "from 4 of its 4" in accounts.refusal(*entries(8, 7))


@file_only
def test_an_empty_answer_is_never_believed(accounts):
    """Whatever the operator allows: it would close every account."""
    accounts.sync(*entries(2))
    line = accounts.refusal(terms=replace(CRM, allow_removal=True, guard=Guard(100)))
    assert line == "source crm: names no account at all; an empty answer is never believed"
    assert set(accounts.records) == {"C0", "C1"}


def test_a_primary_that_moves_is_written_down_as_by_hand(accounts):
    """R7: who sends replies elsewhere is in the audit for each account; by codes, the rest in one row."""
    accounts.sync(entry("A"), entry("B"))
    moved = entry("A", primary=Address("tech", "a.example"), secondary=(Address("admin", "a.example"),))
    accounts.sync(moved, entry("B"), entry("C"), terms=replace(CRM, asked_by="anna"), digest="e")
    assert accounts.acts[1:] == [
        ("sync:crm", "account.set-primary", "A", "admin@a.example to tech@a.example"),
        (
            "sync:crm",
            "accounts.sync",
            "crm",
            DID,
        ),
    ]


@file_only
def test_a_round_that_changes_nothing_is_no_act(accounts):
    """Nothing is in the audit; that it went well is known, and when the next one is."""
    accounts.sync(entry("A"))
    accounts.sync(entry("A"), digest="same accounts in other words")
    assert len(accounts.acts) == 1
    assert accounts.known("crm") == Known(2, "same accounts in other words", NOW, NOW, LATER)


@file_only
def test_an_answer_that_is_older_than_a_round_is_not_taken(accounts):
    """Two gateways, or one and an operator: who asked before the other's round was written changes nothing."""
    before = accounts.known("crm")
    accounts.sync(entry("A", "new"))
    with pytest.raises(Superseded, match="source crm"):
        accounts.sync(entry("A"), before=before)
    assert accounts.records["A"]["secondary"] == ["tech@a.example", "new@a.example"]


def test_what_is_released_is_kept_by_hand(accounts):
    """Of a source that is gone: whoever changes its account keeps it; should it come back it is heard anew."""
    accounts.sync(entry("A"), entry("B"))
    assert accounts.database.read(lambda c: keeper(c, "A", ["crm"])) == "crm"
    assert accounts.database.read(lambda c: keeper(c, "A", [])) == ""
    accounts.database.write(lambda c: release(c, "A"))
    assert accounts.owners == {"A": None, "B": "crm"}
    assert accounts.known("crm").digest == ""


def test_many_small_rounds_are_no_way_around_the_guard(accounts):
    """What was taken within a day counts; with an operator's word, and after a day, it begins anew."""
    accounts.sync(*entries(50))
    assert accounts.sync(*entries(50, 4)).report.removed == 4
    assert "from 1 of its 46 accounts, after 4 within a day, over 10 %" in accounts.refusal(*entries(50, 5))
    assert accounts.sync(*entries(50, 4), entry("NEW")).report.added == 1  # what harms nobody goes on
    assert accounts.sync(*entries(50, 5), now=NOW + timedelta(days=1)).report.removed == 2
    assert accounts.sync(*entries(50, 20), terms=replace(CRM, allow_removal=True)).report.removed == 15
    assert accounts.sync(*entries(50, 23)).report.removed == 3


def test_the_guard_counts_whose_address_another_claims(accounts):
    """R3: mail from an address on two accounts is held. A join that gives everybody everything stops everybody."""
    accounts.load(entry("HAND"))
    accounts.sync(*entries(5))
    claims = [Address("admin", f"c{one}.example") for one in range(4)] + [Address("tech", "hand.example")]
    taker = entry("TAKER", secondary=tuple(claims))
    assert "would take something from 5 of its 5 accounts" in accounts.refusal(*entries(5), taker)
    fewer = replace(taker, secondary=taker.secondary[:2])
    assert accounts.sync(*entries(5), fewer).harmed == 2
    assert accounts.sync(*entries(5), fewer, entry("NEW", secondary=fewer.secondary)).harmed == 0  # held already


@file_only
def test_with_0_percent_nothing_goes_unasked(accounts):
    """Three always may, but where an operator says that none may."""
    accounts.sync(*entries(5))
    assert "over 0 %" in accounts.refusal(*entries(5, 1), terms=replace(CRM, guard=Guard(0)))


@file_only
def test_a_source_that_comes_back_is_heard_anew(accounts):
    """What an import has taken over meanwhile would else stay, and every round be told to have gone well."""
    accounts.sync(entry("A"), entry("B"))
    accounts.load(entry("A", "new"), sources=())
    assert accounts.known("crm").digest == ""
    assert "account A: is kept by hand" in accounts.refusal(entry("A"), entry("B"))
