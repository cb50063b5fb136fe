"""I2: what was decided for an account is never put down to another that has its id since (R1, R3)."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gateway.core.account import Language, Standing
from gateway.core.address import Address
from gateway.core.confirmation import Asking
from gateway.core.expression import compile_condition
from gateway.core.facts import SCHEMA
from gateway.core.policy import Policy
from gateway.core.reason import Disposition
from gateway.core.roster import Entry
from gateway.core.rule import Hold, Refusal, Rule
from gateway.core.verdict import Defer
from gateway.store.roster import import_roster
from house import NOW, UNLIMITED, letter

HOLDING = Rule(
    "own",
    "own.yaml:3",
    compile_condition('reason == "unauthenticated"', SCHEMA),
    Refusal(Disposition.QUARANTINE, Hold(confirm=True)),
)
ASKING = Policy(rules=(HOLDING,), digest="d", confirmation=Asking.EACH, limits=UNLIMITED)
CODES = "ABC"
rosters = st.lists(st.sampled_from(CODES), unique=True)
numbers = count()


def load(gateway, codes):
    """An import: these and no others."""
    entries = [
        Entry("f", 1, code, code, Language.IT, Standing.ACTIVE, Address("info", f"{code.lower()}.example"), (), ())
        for code in ("LAST", *codes)
    ]
    import_roster(gateway.database, iter(entries), prune=True, dry_run=False, now=NOW, by="ops")


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(before=rosters, between=st.lists(rosters, min_size=1, max_size=2), dmarc=st.sampled_from(["pass", "fail"]))
@example(before=["A"], between=[["B"]], dmarc="pass")  # SQLite gives the id again
@example(before=["A"], between=[["B"]], dmarc="fail")
@example(before=["A"], between=[[]], dmarc="fail")
async def test_i2_what_is_written_is_of_the_account_that_was_decided_on(gateway, before, between, dmarc):
    """Whatever is imported between decision and commit: of the author's own account, or nothing, and it comes again."""
    number, asking = next(numbers), gateway.ruled(ASKING)
    imports = [[f"{code}{number}" for code in codes] for codes in (before, *between)]
    load(gateway, imports.pop(0))

    async def examine(arrival, override=None):
        record = await asking.receiver.examine(arrival, override)
        while imports:
            load(gateway, imports.pop(0))
        return record

    receiver = replace(asking.receiver, examine=examine)
    author = f"info@a{number}.example"
    arrival = gateway.arrival(letter(author, dmarc=dmarc, message_id=f"{number}@x"), reverse_path=author)
    receipt = await receiver(arrival)
    written = [one["account"] for one in (*gateway.messages, *gateway.tickets, *gateway.outbox)]
    here = {account for account in written if account and account[1:] == f"{number}"}
    if isinstance(receipt.verdict, Defer):
        assert not here
        assert arrival.id not in {one["id"] for one in gateway.messages}
        receipt = await receiver(arrival)
    assert here <= {f"A{number}"}
    assert not isinstance(receipt.verdict, Defer)
