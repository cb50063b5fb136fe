"""Mailboxes of a real Dovecot, read by the running gateway: nothing lost, nothing twice, none stops another."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.sink import Sink
from e2e.waiting import free_port, until
from gateway.ingress.imap.driver import BATCH
from peers.dovecot import Dovecot
from peers.mailboxes import KINDS, SECONDS, USERS, count, done, ids, looked_at, mail, polled, reading
from peers.proxy import Proxy

pytestmark = [pytest.mark.peers, pytest.mark.slow]


@pytest.fixture
def dovecot() -> Iterator[Dovecot]:
    """Ten empty mailboxes, all of them new: each test its own."""
    from peers.dovecot import required  # noqa: PLC0415 - skips where there is no Dovecot

    required()
    with Dovecot(USERS) as server:
        yield server


@pytest.fixture
def sink() -> Iterator[Sink]:
    """Takes the gateway's own letters."""
    with Sink(free_port()) as one:
        yield one


def test_two_thousand_with_everything_killed(tmp_path: Path, sink: Sink, prepared: Path, dovecot: Dovecot) -> None:
    """Dovecot and the gateway are killed in the middle: each message is one record, in the folder of what became."""
    number = 2_000
    sent = [mail(one) for one in range(number)]
    dovecot.deliver("box-0", [raw for _, raw in sent])
    with polled(tmp_path, sink, prepared, dovecot, ["box-0"]) as gateway:
        until(lambda: done(gateway) > number // 5, "a fifth", SECONDS)
        gateway.kill9()
        gateway.start()
        until(lambda: done(gateway) > 2 * number // 5, "two fifths", SECONDS)
        dovecot.kill()
        dovecot.start()
        until(lambda: done(gateway) == number, "all of them", 2 * SECONDS)
        records = gateway.records("messages", "list")
        assert len(records) == number
        assert {one: sum(1 for row in records if row["disposition"] == one) for one in KINDS} == dict.fromkeys(
            KINDS, number // 4
        )
        assert all(row["ok"] and not row["waiting"] for row in gateway.records("balance"))
    folders = {"": "failed", "Done": "accept", "Held": "quarantine", "Refused": "reject"}
    lying = {kind: ids(dovecot, "box-0", folder) for folder, kind in folders.items()}
    wanted = {kind: {f"<{one}@rossi.example>" for one in range(number) if mail(one)[0] == kind} for kind in KINDS}
    assert {kind: set(found) for kind, found in lying.items()} == wanted
    assert sum(map(len, lying.values())) - number <= BATCH  # Dovecot died, and its MOVE may have been half done


def test_what_waits_is_read_in_batches(tmp_path: Path, sink: Sink, prepared: Path, dovecot: Dovecot) -> None:
    """The rate is printed; the least that is demanded is for a busy machine, not what is aimed at."""
    number = 2_000
    dovecot.deliver("box-0", [mail(one)[1] for one in range(0, number * 4, 4)])
    with polled(tmp_path, sink, prepared, dovecot, ["box-0"]) as gateway:
        began = time.monotonic()
        until(lambda: done(gateway) == number, "all of them", 2 * SECONDS)
        rate = number / (time.monotonic() - began)
    print(f"\n{rate:.0f} messages a second")  # noqa: T201 - a measurement
    assert rate > 20


def test_new_mail_is_noticed_by_idle(tmp_path: Path, sink: Sink, prepared: Path, dovecot: Dovecot) -> None:
    """Within two seconds, several times."""
    with polled(tmp_path, sink, prepared, dovecot, ["box-0"], start="new") as gateway:
        until(lambda: gateway.records("status")[-1]["last_success"], "the first look")
        for number in range(3):
            dovecot.deliver("box-0", [mail(number * 4)[1]])
            began = time.monotonic()
            until(lambda number=number: done(gateway) == number + 1, "the message", SECONDS)
            assert time.monotonic() - began < 2


def test_one_dead_one_slow_one_poisonous_and_seven_go_on(
    tmp_path: Path, sink: Sink, prepared: Path, dovecot: Dovecot
) -> None:
    """A refused login, a server that takes its time, a mail that nobody can parse: seven lag under two seconds."""
    dead, slow, poisonous, *others = USERS
    dovecot.deliver(slow, [mail(4 * one)[1] for one in range(200)])
    with Proxy(dovecot.tls_port, slow=0.5) as proxy:
        gateway = reading(
            tmp_path, sink, prepared, dovecot, {user: {} for user in USERS} | {slow: {"port": str(proxy.port)}}
        )
        (tmp_path / f"{dead}.password").write_text("wrong")
        with gateway:
            until(lambda: looked_at(gateway) >= {poisonous, *others}, "eight looks", SECONDS)
            dovecot.deliver(poisonous, [mail(3)[1], mail(1)[1]])
            for number, user in enumerate(others):
                dovecot.deliver(user, [mail(1000 + number * 4)[1]])
            began = time.monotonic()
            until(lambda: done(gateway, *others) == len(others), "seven mails", SECONDS)
            lag = time.monotonic() - began
            until(lambda: done(gateway, poisonous) == 2, "one failed, and the one behind it")
            until(lambda: done(gateway, slow) == 200, "the slow one's", SECONDS)
            told = {one["ingress"]: one for one in gateway.records_of(69, "status")}
    busy = max(1, os.getloadavg()[0] / (os.cpu_count() or 1))
    print(f"\n{lag:.2f} s for the last of seven, on a machine {busy:.1f} times busy")  # noqa: T201 - a measurement
    assert lag < 2 * busy
    assert told[dead]["state"] == "stuck"
    assert told[dead]["last_error"].startswith("RefusedLogin: ")
    assert {told[user]["state"] for user in (slow, poisonous, *others)} == {"ok"}
    assert (count(dovecot, poisonous), count(dovecot, poisonous, "Held")) == (1, 1)


def test_a_new_uidvalidity_takes_nothing_twice(tmp_path: Path, sink: Sink, prepared: Path, dovecot: Dovecot) -> None:
    """What failed lies in the folder under new UIDs: it is known by its octets; what is new is taken."""
    dovecot.deliver("box-0", [mail(3)[1], mail(7)[1]])
    with polled(tmp_path, sink, prepared, dovecot, ["box-0"]) as gateway:
        until(lambda: done(gateway) == 2, "both")
        gateway.terminate()
        dovecot.stop()
        dovecot.forget_uids("box-0")
        dovecot.start()
        dovecot.deliver("box-0", [mail(0)[1]])
        gateway.start()
        until(lambda: count(dovecot, "box-0", "Done") == 1, "the new one")
        until(lambda: done(gateway) == 5, "all under the new numbers")
        assert [one["disposition"] for one in gateway.records("messages", "list")] == ["failed", "failed", "accept"]
        assert count(dovecot, "box-0") == 2


def test_what_check_says_of_a_mailbox(tmp_path: Path, sink: Sink, prepared: Path, dovecot: Dovecot) -> None:
    """A dry count of what would be taken, and what is wrong in words; nothing is taken."""
    dovecot.deliver("box-0", [mail(0)[1]] * 3)
    gateway = polled(tmp_path, sink, prepared, dovecot, ["box-0", "box-1"])
    (tmp_path / "box-1.password").write_text("wrong")
    gateway.copy()
    said = gateway.cli("check")
    lines = [line for line in said.stdout.splitlines() if " mailboxes " in line]
    assert "box-0: INBOX holds 3, of which 3 are to be taken (start: all)" in lines[0]
    assert lines[0].startswith("ok")
    assert lines[1].startswith("FAIL")
    assert "box-1: RefusedLogin" in lines[1]
    assert said.returncode == 78
    assert count(dovecot, "box-0") == 3


def test_a_certificate_of_nobody_is_refused(tmp_path: Path, sink: Sink, prepared: Path, dovecot: Dovecot) -> None:
    """Without the CA file the password is not even said."""
    other = tmp_path / "other.pem"
    other.write_text(Path("/etc/ssl/certs/ca-certificates.crt").read_text())
    with polled(tmp_path, sink, prepared, dovecot, ["box-0"], ca_file=str(other)) as gateway:
        until(lambda: gateway.cli("status").returncode == 69, "the alarm")
        found = gateway.records_of(69, "status")[-1]
        assert (found["state"], found["last_error"].split(":")[0]) == ("stuck", "BadCertificate")
