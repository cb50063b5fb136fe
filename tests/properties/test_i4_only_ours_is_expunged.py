"""I4 at the wire: nothing leaves a folder but the mails that were named, whatever the server offers (RFC 4315 §1)."""

from __future__ import annotations

import asyncio

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.ingress.imap.client import connect
from gateway.ingress.imap.driver import HIGHEST_UID, Filed, Server
from ingress.lying_imap import capable, lying

uids = st.sets(st.integers(1, 300) | st.integers(1, HIGHEST_UID), min_size=1, max_size=250)


def named(command: str) -> set[int]:
    """The UIDs of a set as it is said."""
    runs = [[int(end) for end in run.split(":")] for run in command.split(",")]
    return {uid for run in runs for uid in range(run[0], run[-1] + 1)}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(uids, st.sampled_from(["MOVE UIDPLUS", "MOVE", "UIDPLUS", ""]))
async def test_i4_what_others_marked_as_deleted_stays(given, offered):
    """EXPUNGE is said by UID or not at all; moved, marked and expunged are exactly those that were given."""
    async with lying({"CAPABILITY": capable(f"IMAP4rev1 {offered}")}) as host, asyncio.timeout(20):
        driver = await connect(Server("127.0.0.1", host.port, "none"))
        await driver.login("anna", "secret")
        await driver.select("INBOX")
        filed = await driver.move(given, "Done")
        driver.abort()
        heard = [line.split(" ", 1)[1] for line in host.heard]
    assert filed is (Filed.MOVED if offered else Filed.LEFT)
    assert [line for line in heard if line.split(" ")[0] == "EXPUNGE"] == []
    touched = [line.split(" ") for line in heard if line.startswith("UID ")]
    verbs = ["MOVE"] if "MOVE" in offered else ["COPY", "STORE", "EXPUNGE"] if offered else []
    for verb in verbs:
        assert set().union(*(named(words[2]) for words in touched if words[1] == verb)) == given
    assert {words[1] for words in touched} == set(verbs)
