"""An accounts file becomes the address book: all or nothing, with a report of who gained and lost access."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import event, insert, select, update

from gateway.core.account import Language, Standing
from gateway.core.address import Address
from gateway.core.problem import Problem
from gateway.core.roster import Entry, Held
from gateway.store import book
from gateway.store import tables as t
from gateway.store.roster import LISTED, RosterRefused, import_roster
from gateway.store.roster_staging import PROBLEMS
from house import new_database

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def entry(code, primary, *secondary, services=(), **more):
    return replace(
        Entry(
            "a.csv",
            1,
            code,
            f"Name of {code}",
            Language.IT,
            Standing.ACTIVE,
            Address.parse(primary),
            tuple(map(Address.parse, secondary)),
            tuple(Held(*one.split(":")) for one in services),
        ),
        **more,
    )


ROSSI = entry("ROSSI", "admin@rossi.example", "tech@rossi.example", services=["domain:rossi.example", "vps:one"])
SMITH = entry("SMITH", "office@smith.example", services=["domain:smith.example"], line=2, language=Language.EN)


class Book:
    """A database, and what a test asks of it."""

    def __init__(self, url):
        self.database = new_database(url)

    def load(self, *entries, prune=False, dry_run=False):
        return import_roster(self.database, iter(entries), prune=prune, dry_run=dry_run, now=NOW, by="ops")

    def refusal(self, *entries, **how):
        with pytest.raises(RosterRefused) as refused:
            self.load(*entries, **how)
        return refused.value

    @property
    def records(self):
        return self.database.read(lambda connection: {one["code"]: one for one in book.records(connection)})

    def rows(self, table):
        return self.database.read(lambda connection: connection.execute(select(table)).all())

    def execute(self, statement):
        self.database.write(lambda connection: connection.execute(statement))

    def refer_to(self, code):
        """History that speaks of the account."""
        account = self.database.read(lambda connection: book.by_code(connection, code))
        moment = "2026-11-22T12:00:00.000000Z"
        row = {"ref": f"T-{code}", "account_id": account.id, "queue": "technical", "status": "open", "subject": ""}
        self.execute(insert(t.ticket).values(**row, opened_at=moment, updated_at=moment))


@pytest.fixture
def accounts(url):
    one = Book(url)
    yield one
    one.database.close()


def test_new_accounts_are_added_as_the_file_says(accounts):
    """R1: one primary, any number of secondaries, in the file's order."""
    many = [f"z{9 - number}@rossi.example" for number in range(5)]
    report = accounts.load(entry("ROSSI", "admin@rossi.example", *many, services=["vps:one"]), SMITH)
    assert (report.added, report.changed, report.unchanged) == (2, 0, 0)
    assert accounts.records["ROSSI"] == {
        "code": "ROSSI",
        "name": "Name of ROSSI",
        "language": "it",
        "status": "active",
        "source": None,
        "primary": "admin@rossi.example",
        "secondary": many,
        "services": [{"kind": "vps", "name": "one"}],
        "primary_working": True,
        "primary_failures": {"hard": 0, "soft": 0},
        "impersonations": 0,
    }


def test_the_report_says_who_gained_access(accounts):
    """Every address that may write now and could not before."""
    report = accounts.load(ROSSI, SMITH)
    assert report.gained.first == (
        ("admin@rossi.example", "ROSSI"),
        ("tech@rossi.example", "ROSSI"),
        ("office@smith.example", "SMITH"),
    )
    assert report.gained.count == 3
    assert report.lost.count == 0


def test_the_same_file_again_changes_nothing(accounts):
    """An import can be repeated."""
    accounts.load(ROSSI, SMITH)
    before = accounts.rows(t.address)
    report = accounts.load(ROSSI, SMITH)
    assert (report.added, report.changed, report.unchanged, report.gained.count) == (0, 0, 2, 0)
    assert accounts.rows(t.address) == before


def test_an_address_that_the_file_leaves_out_loses_access(accounts):
    """The file is the whole truth about an account that it names."""
    accounts.load(ROSSI)
    report = accounts.load(entry("ROSSI", "admin@rossi.example", "new@rossi.example", services=["vps:one"]))
    assert report.changed == 1
    assert report.lost.first == (("tech@rossi.example", "ROSSI"),)
    assert report.gained.first == (("new@rossi.example", "ROSSI"),)
    assert accounts.records["ROSSI"]["secondary"] == ["new@rossi.example"]
    assert accounts.records["ROSSI"]["services"] == [{"kind": "vps", "name": "one"}]


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "x"},
        {"language": Language.EN},
        {"status": Standing.CLOSED},
        {"services": ()},
        {"secondary": (Address.parse("Tech@rossi.example"),)},
    ],
)
def test_each_key_of_an_account_is_compared(accounts, changes):
    """One difference is a change, and is written."""
    accounts.load(ROSSI, SMITH)
    report = accounts.load(replace(ROSSI, **changes), SMITH)
    assert (report.changed, report.unchanged) == (1, 1)
    assert accounts.load(replace(ROSSI, **changes)).unchanged == 1


def test_a_suspended_account_loses_access_without_losing_addresses(accounts):
    """Access is an address on an account in good standing."""
    accounts.load(ROSSI)
    report = accounts.load(replace(ROSSI, status=Standing.SUSPENDED))
    assert report.lost.count == 2
    assert accounts.records["ROSSI"]["secondary"] == ["tech@rossi.example"]
    assert accounts.load(ROSSI).gained.count == 2


def test_a_new_primary_is_told_and_starts_with_no_failures(accounts):
    """R6: it has not bounced yet; the old one may stay as a secondary."""
    accounts.load(ROSSI)
    accounts.execute(update(t.account).values(hard_failures=3))
    report = accounts.load(entry("ROSSI", "tech@rossi.example", "admin@rossi.example"))
    assert report.primaries.first == (("ROSSI", "admin@rossi.example", "tech@rossi.example"),)
    assert (report.gained.count, report.lost.count) == (0, 0)
    assert accounts.records["ROSSI"]["primary"] == "tech@rossi.example"
    assert accounts.records["ROSSI"]["primary_working"]


def test_a_primary_that_stays_keeps_its_failures(accounts):
    """R6: an import is no delivery."""
    accounts.load(ROSSI)
    accounts.execute(update(t.account).values(hard_failures=3))
    accounts.load(replace(ROSSI, name="x"))
    assert not accounts.records["ROSSI"]["primary_working"]


def test_accounts_that_are_not_named_stay(accounts):
    """Without --prune the file says nothing about them."""
    accounts.load(ROSSI, SMITH)
    before = accounts.records["ROSSI"]
    accounts.load(SMITH)
    assert accounts.records["ROSSI"] == before


def test_prune_deletes_what_nothing_refers_to(accounts):
    """And says who lost access."""
    accounts.load(ROSSI, SMITH)
    report = accounts.load(SMITH, prune=True)
    assert (report.removed, report.closed, report.unchanged) == (1, 0, 1)
    assert report.lost.first == (("admin@rossi.example", "ROSSI"), ("tech@rossi.example", "ROSSI"))
    assert list(accounts.records) == ["SMITH"]
    assert len(accounts.rows(t.address)) == 1


def test_prune_closes_what_has_a_history(accounts):
    """Tickets keep their account; it keeps its primary alone and holds nothing."""
    accounts.load(ROSSI, SMITH)
    accounts.refer_to("ROSSI")
    report = accounts.load(SMITH, prune=True)
    assert (report.removed, report.closed, report.lost.count) == (0, 1, 2)
    closed = accounts.records["ROSSI"]
    assert (closed["status"], closed["secondary"], closed["services"]) == ("closed", [], [])
    assert closed["primary"] == "admin@rossi.example"
    assert accounts.load(SMITH, prune=True).closed == 0


def test_prune_deletes_an_account_that_was_closed_already(accounts):
    """Nothing of it is left to keep."""
    closed = entry("ROSSI", "admin@rossi.example", status=Standing.CLOSED)
    accounts.load(closed, SMITH)
    assert accounts.load(SMITH, prune=True).removed == 1


def test_prune_with_an_empty_file_is_refused(accounts):
    """A truncated file must not close every account."""
    accounts.load(ROSSI)
    assert "the file names no account" in str(accounts.refusal(prune=True))
    assert "ROSSI" in accounts.records


@pytest.mark.parametrize("prune", [False, True])
def test_a_dry_run_reports_the_same_and_changes_nothing(accounts, prune):
    """The report of what would be is the report of what then is."""
    accounts.load(ROSSI, SMITH)
    accounts.refer_to("ROSSI")
    before = [accounts.rows(table) for table in (t.account, t.address, t.service, t.audit)]
    file = entry("SMITH", "boss@smith.example", "office@smith.example"), entry("VERDI", "v@verdi.example")
    promised = accounts.load(*file, prune=prune, dry_run=True)
    assert [accounts.rows(table) for table in (t.account, t.address, t.service, t.audit)] == before
    assert accounts.load(*file, prune=prune) == promised


def test_one_problem_refuses_the_whole_file(accounts):
    """All or nothing."""
    refusal = accounts.refusal(ROSSI, Problem("a.csv", 3, "account X: name", "is missing", "the name"), SMITH)
    assert refusal.lines() == ["a.csv:3: account X: name: is missing; the name"]
    assert accounts.records == {}


def test_the_first_problems_are_told_and_the_rest_counted(accounts):
    """A file of a million wrong lines fills neither memory nor screen."""
    refusal = accounts.refusal(*(Problem("a.csv", line, "", "is wrong") for line in range(1, 101)))
    assert len(refusal.lines()) == PROBLEMS + 1
    assert refusal.lines()[-1] == "and 80 more"


def test_a_code_stands_once(accounts):
    """Nobody could say which of two entries is the truth."""
    assert accounts.refusal(ROSSI, SMITH, replace(ROSSI, line=7)).lines() == [
        "a.csv:7: account ROSSI: code: stands here and on line 1; one entry an account",
    ]


def test_a_domain_has_one_holder_in_the_file(accounts):
    """R3: or nobody could say whose ticket it is."""
    other = replace(SMITH, services=(Held("domain", "rossi.example"), Held("vps", "one")))
    (line,) = accounts.refusal(ROSSI, other).lines()
    assert line.startswith(
        "a.csv:2: account SMITH: services: rossi.example is also a service of account ROSSI on line 1;"
    )


def test_a_domain_is_not_taken_from_an_account_that_the_file_does_not_name(accounts):
    """R3: it moves when the file names both; or when the old holder is pruned."""
    accounts.load(ROSSI)
    taker = replace(SMITH, services=(Held("domain", "rossi.example"),))
    assert "rossi.example is a service of account ROSSI, which is not named here" in str(accounts.refusal(taker))
    assert accounts.load(taker, replace(ROSSI, services=()), dry_run=True).changed == 1
    assert accounts.load(taker, prune=True).removed == 1


@pytest.mark.parametrize("prune", [True, False])
@pytest.mark.parametrize("former", [[], [replace(ROSSI, services=())]])
def test_of_two_imports_at_once_one_has_the_domain(accounts, former, prune):
    """R3: who is read first and written second is refused, whether or not its file names the other."""
    accounts.load(entry("OTHER", "info@other.example"), *former)
    taker = replace(SMITH, services=(Held("domain", "rossi.example"),))
    event.listen(accounts.database.engine, "commit", lambda _: accounts.load(ROSSI), once=True)  # all is read by then
    (line,) = accounts.refusal(taker, *former, prune=prune).lines()
    assert "rossi.example has become a service of account ROSSI" in line
    assert "SMITH" not in accounts.records
    assert {one["name"] for one in accounts.records["ROSSI"]["services"]} == {"rossi.example", "one"}
    assert accounts.load(taker, replace(ROSSI, services=()), prune=prune).added == 1


def test_an_address_on_two_accounts_is_counted(accounts):
    """Ambiguity can be said (it is ruled on later); a closed account steps back."""
    shared = entry("VERDI", "v@verdi.example", "TECH@rossi.example")
    assert accounts.load(ROSSI, SMITH).ambiguous == 0
    assert accounts.load(shared).ambiguous == 1
    assert accounts.load(replace(ROSSI, status=Standing.CLOSED)).ambiguous == 0
    assert accounts.load(shared).ambiguous == 0


def test_an_import_is_written_down_once(accounts):
    """Who, when, what; a dry run is no act."""
    accounts.load(ROSSI, SMITH, dry_run=True)
    accounts.load(ROSSI, SMITH)
    (row,) = accounts.rows(t.audit)
    (text,) = accounts.rows(t.audit_text)
    assert (row.by, row.action, row.subject) == ("ops", "accounts.import", "a.csv")
    assert "2 added" in text.detail
    assert "3 gained access" in text.detail


def kept(accounts):
    """The faces under which a look-alike would be found."""
    return {row.face for row in accounts.rows(t.likeness)}


def test_an_import_keeps_what_can_be_imitated_and_no_more(accounts):
    """Of the addresses that are there, of each provider's the whole; what goes with the last address is gone."""
    mario = entry("MARIO", "mario@gmail.com")
    accounts.load(ROSSI, SMITH, mario)
    assert kept(accounts) == {"rossi.example", "smith.example", "mario@gmail.com"}
    accounts.load(entry("ROSSI", "admin@rossi.example", "x@other.example"), entry("MARIO", "maria@gmail.com"))
    assert kept(accounts) == {"rossi.example", "other.example", "smith.example", "maria@gmail.com"}
    accounts.load(SMITH, prune=True)
    assert kept(accounts) == {"smith.example"}


def test_a_face_that_was_let_go_meanwhile_is_kept_again(accounts):
    """Its last address is removed while the file is read: what the file names of it is found all the same."""
    accounts.load(ROSSI)

    def slowly():
        yield entry("VERDI", "anna@rossi.example")
        accounts.load(SMITH, prune=True)

    import_roster(accounts.database, slowly(), prune=False, dry_run=False, now=NOW, by="ops")
    assert kept(accounts) == {"smith.example", "rossi.example"}


def test_long_lists_are_cut_and_counted(accounts):
    """A report is bounded, its counts are exact."""
    report = accounts.load(*(entry(f"C{number}", f"c{number}@c.example") for number in range(LISTED + 5)))
    assert len(report.gained.first) == LISTED
    assert report.gained.count == LISTED + 5


def test_mail_is_taken_while_a_file_is_read(accounts):
    """Staging holds no lock: another connection writes between two accounts, and what it wrote is honoured."""
    accounts.load(ROSSI)

    def slowly():
        for number in range(6_000):  # over a batch
            yield entry(f"C{number}", f"c{number}@c.example")
        accounts.refer_to("ROSSI")
        yield SMITH

    report = import_roster(accounts.database, slowly(), prune=True, dry_run=False, now=NOW, by="ops")
    assert (report.added, report.removed, report.closed) == (6_001, 0, 1)
