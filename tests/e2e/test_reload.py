"""SIGHUP takes on the whole configuration or nothing of it; who is connected goes on by what greeted them."""

from __future__ import annotations

import os
import signal
import smtplib
import socket
import ssl
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from e2e.border import message
from e2e.process import Gateway, children, committed_id
from e2e.waiting import LOOPBACK, accepts, free_port, until
from gateway.core.standing import Standing
from gateway.daemon import OLDER
from gateway.ops import board

AUTHOR = "tecnico@rossi.example"
DISCARDS = "version: 1\nrules:\n  - {name: all, when: 'true', then: discard}\n"
SLOW = 20
NOW = datetime.now(UTC)


def reload(gateway: Gateway) -> str:
    """What the daemon says of it, on one line."""
    before = len(told(gateway))
    gateway.running.send_signal(signal.SIGHUP)
    until(lambda: len(told(gateway)) > before, "the reload")
    return told(gateway)[-1]


def told(gateway: Gateway) -> list[str]:
    """Of every reload until now."""
    return [line for line in gateway.stderr().splitlines() if "gateway.reload" in line]


def edit(gateway: Gateway, before: str, after: str) -> None:
    """Change what is in the configuration."""
    text = gateway.config.read_text()
    assert before in text
    gateway.config.write_text(text.replace(before, after))


def begun(client: smtplib.SMTP, to: str, data: bytes) -> None:
    """A message of which half has been sent."""
    client.ehlo()
    assert client.mail(AUTHOR)[0] == client.rcpt(to)[0] == 250
    assert client.docmd("DATA")[0] == 354
    client.send(data[: len(data) // 2])


def ended(client: smtplib.SMTP, data: bytes) -> str:
    """The other half: its id."""
    client.send(data[len(data) // 2 :] + b"\r\n.\r\n")
    return committed_id(*client.getreply())


def test_messages_under_way_are_committed_by_what_they_began_with(gateway: Gateway) -> None:
    """20 slow clients, and reloads that change recipients, policy and listeners, good and bad: nothing is lost."""
    letters = [message(AUTHOR) for _ in range(SLOW)]
    extra, taken = free_port(), socket.create_server((LOOPBACK, 0))
    with ExitStack() as stack:
        clients = [stack.enter_context(gateway.connection()) for _ in letters]
        for client, data in zip(clients, letters, strict=True):
            begun(client, "assistenza@example.it", data)

        (gateway.folder / "policies" / "own.yaml").write_text(DISCARDS)
        edit(gateway, "[support@example.it, assistenza@example.it]", "[support@example.it, help@example.it]")
        assert "gateway.reloaded" in reload(gateway)
        with gateway.connection() as late:
            late.ehlo()
            assert late.mail(AUTHOR)[0] == 250
            assert (late.rcpt("assistenza@example.it")[0], late.rcpt("help@example.it")[0]) == (550, 250)

        edit(gateway, f"127.0.0.1:{gateway.lmtp}", f"127.0.0.1:{taken.getsockname()[1]}")
        refused = reload(gateway)
        assert "gateway.reload-refused" in refused
        assert "stop what listens there" in refused
        assert accepts(gateway.lmtp)

        edit(gateway, f"127.0.0.1:{taken.getsockname()[1]}", f"127.0.0.1:{extra}")
        idle = stack.enter_context(socket.create_connection((LOOPBACK, gateway.lmtp), timeout=10))
        assert idle.recv(1000).startswith(b"220 ")
        assert "gateway.reloaded" in reload(gateway)
        assert accepts(extra)
        assert idle.recv(1000).startswith(b"421 ")  # its listener is gone
        assert not accepts(gateway.lmtp)

        old = {ended(client, data) for client, data in zip(clients, letters, strict=True)}
        begun(clients[0], "assistenza@example.it", data := message(AUTHOR))
        old.add(ended(clients[0], data))
        new = gateway.accept(message(AUTHOR), AUTHOR, ["help@example.it"])
    records = {one["id"]: one["disposition"] for one in gateway.records("messages", "list")}
    assert records == {**dict.fromkeys(old, "accept"), new: "discard"}
    [nursery] = children(gateway.running.pid)
    until(lambda: len(children(nursery)) <= 2, "the end of the workers from before")
    taken.close()


def test_workers_that_die_are_replaced_by_what_was_read_not_by_what_is_edited(gateway: Gateway) -> None:
    """With a policy half written all workers die, and of each generation there are new ones at once."""
    own, [nursery] = gateway.folder / "policies" / "own.yaml", children(gateway.running.pid)
    with gateway.connection() as slow:
        begun(slow, "support@example.it", data := message(AUTHOR))
        own.write_text(DISCARDS)
        assert "gateway.reloaded" in reload(gateway)
        own.write_text("version: 1\nrules:\n  - {name: half writ")
        assert "gateway.reload-refused" in reload(gateway)
        for pid in children(nursery):
            os.kill(pid, signal.SIGKILL)
        new, old = gateway.accept(message(AUTHOR), AUTHOR), ended(slow, data)
    records = {one["id"]: one["disposition"] for one in gateway.records("messages", "list")}
    assert records == {old: "accept", new: "discard"}
    assert "worker.refused" not in gateway.stderr()


def test_a_listener_within_another_is_refused(gateway: Gateway) -> None:
    """By a name too, which only the kernel knows: nothing of it is served, and the daemon goes on."""
    before, port = gateway.config.read_text(), free_port()
    for one in ("localhost", "0.0.0.0"):  # noqa: S104 - refused
        page = f"metrics: {{listen: {one}:{port}, remote: true}}\n"
        gateway.config.write_text(before.replace(f"127.0.0.1:{gateway.lmtp}", f"127.0.0.1:{port}") + page)
        assert "gateway.reload-refused" in reload(gateway)
        assert not accepts(port)
    assert gateway.alive()
    assert gateway.accept(message(AUTHOR), AUTHOR)


def pair(folder: Path, serial: int, days: int = 1) -> None:
    """A certificate of this serial number with its key, good for so many days."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    builder = x509.CertificateBuilder(name, name, key.public_key(), serial)
    builder = builder.not_valid_before(NOW - timedelta(days=9)).not_valid_after(NOW + timedelta(days=days))
    (folder / "cert.pem").write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    clear = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(key.private_bytes(*clear))


def secured(gateway: Gateway, stack: ExitStack) -> tuple[smtplib.SMTP, int]:
    """A connection that has gone over to TLS, and the serial number that it was shown."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    client = stack.enter_context(gateway.connection())
    assert client.starttls(context=context)[0] == 220
    assert isinstance(client.sock, ssl.SSLSocket)
    shown = client.sock.getpeercert(binary_form=True)
    assert shown
    return client, x509.load_der_x509_certificate(shown).serial_number


def test_a_certificate_is_put_in_the_place_of_another_if_it_is_fit(gateway: Gateway) -> None:
    """New handshakes see the new one, an open session goes on; of another's key, expired or unreadable is refused."""
    pair(gateway.folder, 1)
    edit(gateway, "protocol: smtp\n", "protocol: smtp\n    tls: {certificate_file: cert.pem, key_file: key.pem}\n")
    assert "gateway.reloaded" in reload(gateway)
    with ExitStack() as stack:
        open_one, first = secured(gateway, stack)
        pair(gateway.folder, 2)
        assert "gateway.reloaded" in reload(gateway)
        assert (first, secured(gateway, stack)[1]) == (1, 2)

        own = (gateway.folder / "key.pem").read_bytes()
        pair(gateway.folder, 3)
        (gateway.folder / "key.pem").write_bytes(own)
        assert "cert.pem is not of the key in" in reload(gateway)
        pair(gateway.folder, 4, days=-1)
        assert "smtp from-mta tls: the certificate has expired on" in reload(gateway)
        (gateway.folder / "key.pem").unlink()
        assert "key.pem: No such file" in reload(gateway)
        status = board.status_file(gateway.folder / "gateway.db")
        until(lambda: "key.pem" in board.read(status).in_force.refused, "the refusal in the status")

        assert secured(gateway, stack)[1] == 2
        begun(open_one, "support@example.it", data := message(AUTHOR))
        assert ended(open_one, data)


def test_what_a_process_has_for_life_is_refused_by_name(gateway: Gateway) -> None:
    """And nothing of the rest is taken on, though it would be good."""
    edit(gateway, "gateway.db", "other.db")
    edit(gateway, "[support@example.it, assistenza@example.it]", "[support@example.it, help@example.it]")
    refused = reload(gateway)
    assert "gateway.yaml: database: cannot be changed while the gateway runs; it wants a restart" in refused
    assert gateway.accept(message(AUTHOR), AUTHOR, ["assistenza@example.it"])


def test_mailboxes_come_and_go(gateway: Gateway) -> None:
    """`status` tells of one from the reload that brings it to the one that takes it away."""
    (gateway.folder / "password").write_text("x")
    without = gateway.config.read_text()
    box = "name: box, host: 127.0.0.1, port: 9, tls: none, username: a, password_file: password"
    gateway.config.write_text(f"{without}imap: [{{{box}}}]\n")
    assert "gateway.reloaded" in reload(gateway)
    until(lambda: "box: " in "".join(f"{one.ingress}: {one.last_error}" for one in standings(gateway)), "the new one")
    until(lambda: any(one.last_error for one in standings(gateway)), "its trouble: nobody listens there")
    gateway.config.write_text(without)
    assert "gateway.reloaded" in reload(gateway)
    until(lambda: {one.ingress for one in standings(gateway)} == {"from-mta", "from-mta-lmtp"}, "its end")


def standings(gateway: Gateway) -> tuple[Standing, ...]:
    """Each ingress, as the daemon has written it down."""
    return board.read(board.status_file(gateway.folder / "gateway.db")).standings


def test_who_stays_idle_through_many_reloads_is_asked_to_come_again(gateway: Gateway) -> None:
    """Each older configuration with guests costs a worker, so there are few: a message under way goes to its end."""
    with ExitStack() as stack:
        slow = stack.enter_context(gateway.connection())
        begun(slow, "support@example.it", data := message(AUTHOR))
        idle = [stack.enter_context(gateway.connection())]
        for _ in range(OLDER):
            assert "gateway.reloaded" in reload(gateway)
            idle.append(stack.enter_context(gateway.connection()))
        assert idle[0].noop()[0] == 250
        assert "gateway.reloaded" in reload(gateway)
        assert idle[0].getreply()[0] == 421
        assert idle[1].noop()[0] == 250
        assert ended(slow, data)


def test_reloads_in_a_storm_at_the_start_and_at_the_end(gateway: Gateway) -> None:
    """A hundred settle in the last state; one during the start is heard after it, one during the drain is not."""
    gateway.terminate()
    gateway.spawn()
    until(lambda: "SigBlk:\t0000000000000001" in Path(f"/proc/{gateway.running.pid}/status").read_text(), "the mask")
    gateway.running.send_signal(signal.SIGHUP)
    until(lambda: "gateway.reloaded" in gateway.stderr(), "the reload after the start")
    own = gateway.folder / "policies" / "own.yaml"
    for number in range(100):
        own.write_text(DISCARDS.replace("discard", "discard" if number % 2 else "quarantine"))
        gateway.running.send_signal(signal.SIGHUP)
    until(lambda: gateway.records("status")[0]["in_force"]["refused"] == "", "a good end")
    until(lambda: last_rule(gateway) == "discard", "the last of the hundred")

    with gateway.connection() as client:
        begun(client, "support@example.it", data := message(AUTHOR))
        gateway.running.send_signal(signal.SIGTERM)
        until(lambda: "gateway.stopping" in gateway.stderr().rpartition("gateway.started")[2], "the drain")
        reloads = len(told(gateway))
        gateway.running.send_signal(signal.SIGHUP)
        assert ended(client, data)
    assert gateway.running.wait(10) == 0
    assert len(told(gateway)) == reloads


def last_rule(gateway: Gateway) -> str:
    """What becomes of a message now."""
    return str(gateway.message(gateway.accept(message(AUTHOR), AUTHOR))["disposition"])


def test_whoever_asks_twice_does_not_wait(gateway: Gateway) -> None:
    """SIGINT at a terminal drains like SIGTERM; a second one of either cuts off what got no 250 yet."""
    with gateway.connection() as client:
        begun(client, "support@example.it", message(AUTHOR))
        gateway.running.send_signal(signal.SIGINT)
        until(lambda: "gateway.stopping" in gateway.stderr(), "the drain")
        assert gateway.alive()
        gateway.running.send_signal(signal.SIGTERM)
        assert gateway.running.wait(10) == 0
    assert "gateway.hurried" in gateway.stderr()
