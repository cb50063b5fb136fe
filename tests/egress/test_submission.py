"""The submission client against a smarthost that follows a script: every stage, every misbehaviour."""

from __future__ import annotations

import asyncio
import socket
import ssl
import subprocess
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes

import pytest
from aiosmtpd import smtp as aiosmtpd
from smarthost import DROP, ENDLESS, HANG, scripted

from gateway.core.account import Account, Language, Standing
from gateway.core.address import Address
from gateway.core.letter import Letterhead
from gateway.core.reference import Keyring
from gateway.core.reply import Deferred, Delivered, Failed, Kind, Reply, Words, address
from gateway.egress.probe import hand_over
from gateway.egress.submission import Smarthost, SmarthostSettings, Timeouts

SHORT = Timeouts(connect=0.05, command=0.05, data=0.05)
LONG = Timeouts(connect=10, command=10, data=10)
PASSWORD = "xyzzy"  # noqa: S105 - of nobody
STAGES = ["greeting", "EHLO", "MAIL", "RCPT", "DATA", "dot"]
HEAD = Letterhead(
    "gateway.example.it", "Assistenza", Address("support", "example.it"), Address("bounces", "example.it")
)


def letter(primary="amministrazione@rossi.example", text="Buongiorno\n.\nfine"):
    account = Account(1, "ROSSI-001", "Rossi", Language.IT, Standing.ACTIVE, Address.parse(primary))
    reply = Reply("01JD", 1, "00000-00001", Kind.REPLY, Words("Rinnovo", text))
    return address(reply, account, HEAD, Keyring((b"k" * 32,)), datetime(2026, 11, 22, tzinfo=UTC))


@asynccontextmanager
async def way_out(port, timeouts=LONG, **settings):
    given = {"host": "127.0.0.1", "tls": "none", "hostname": "gateway.example.it"} | settings
    way = Smarthost(SmarthostSettings(port=port, timeouts=timeouts, **given))
    try:
        yield way
    finally:
        await way.close()


async def outcome_of(answers, timeouts=LONG, *, primary="amministrazione@rossi.example", **settings):
    async with scripted(answers) as host, way_out(host.port, timeouts, **settings) as way:
        return await way.send(letter(primary)), host


def answering(offered, answer):
    return {"EHLO": f"250-mx.example.it\r\n250 AUTH {offered}\r\n".encode(), "AUTH": f"{answer}\r\n".encode()}


async def canary(answers, **settings):
    """What is said of a canary, and the host that it was handed to."""
    async with scripted(answers) as host:
        way = SmarthostSettings("127.0.0.1", host.port, "none", "g.example.it", **settings)
        return await asyncio.to_thread(hand_over, way, "c@g.example.it", "s@example.it", letter().data), host


async def test_a_letter_goes_out_with_one_recipient():
    """I1: exactly one RCPT, the forward-path; the dialogue holds nothing else."""
    outcome, host = await outcome_of({})
    sent = letter()
    assert outcome == Delivered("250 2.0.0 queued as 4XyZ")
    assert host.heard[:4] == [
        "EHLO gateway.example.it",
        f"MAIL FROM:<{sent.reverse_path}>",
        "RCPT TO:<amministrazione@rossi.example>",
        "DATA",
    ]
    assert host.letters == [sent.data.replace(b"\r\n.\r\n", b"\r\n..\r\n") + b".\r\n"]


async def test_aiosmtpd_takes_the_letter_as_it_was_written():
    """The bytes that a real receiver gets are the letter's, dots and all."""

    class Sink:
        async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
            got.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
            return "250 2.0.0 kept"

    got = []
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: aiosmtpd.SMTP(Sink(), hostname="sink.example", loop=loop), "127.0.0.1", 0)
    async with server, way_out(server.sockets[0].getsockname()[1]) as way:
        outcome = await way.send(letter())
    sent = letter()
    assert outcome == Delivered("250 2.0.0 kept")
    assert got == [(str(sent.reverse_path), ["amministrazione@rossi.example"], sent.data)]
    assert message_from_bytes(got[0][2]).get_all("To") == ["amministrazione@rossi.example"]


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("answer", [b"451 4.3.0 later\r\n", b"421-4.3.2 closing\r\n421 4.3.2 now\r\n"])
async def test_a_4xx_defers_at_any_stage(stage, answer):
    """A transient answer never fails a letter, and the status says what was said (RFC 5321 §4.2.1)."""
    outcome, _ = await outcome_of({stage: answer})
    assert isinstance(outcome, Deferred)
    assert answer[:9].decode().replace("-", " ") in outcome.status


@pytest.mark.parametrize("stage", ["greeting", "EHLO"])
async def test_a_5xx_before_the_letter_is_the_smarthosts_trouble(stage):
    """A smarthost that refuses everybody has not refused this letter."""
    outcome, _ = await outcome_of({stage: b"554 5.7.1 go away\r\n"})
    assert isinstance(outcome, Deferred)
    assert "takes no mail now: 554 5.7.1 go away" in outcome.status


@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA", "dot"])
async def test_a_5xx_to_the_letter_fails_it(stage):
    """A permanent answer to the letter itself is the end of it, and no fault of the address unless it says so."""
    outcome, _ = await outcome_of({stage: b"550-5.7.1 no\r\n550 5.7.1 thanks\r\n"})
    assert isinstance(outcome, Failed)
    assert outcome.status.startswith("550 5.7.1 no 5.7.1 thanks")
    assert not outcome.hard


@pytest.mark.parametrize(
    ("stage", "code", "hard"),
    [
        ("RCPT", "5.1.1", True),
        ("RCPT", "5.1.10", True),
        ("RCPT", "5.1.7", False),  # blames the sender
        ("RCPT", "5.1.8", False),
        ("RCPT", "5.2.2", False),
        ("RCPT", "5.7.1", False),
        ("MAIL", "5.1.1", False),
        ("dot", "5.1.1", False),
    ],
)
async def test_only_a_refused_recipient_is_hard(stage, code, hard):
    """R6: the primary address counts as broken only where RCPT says that the address is (RFC 3463 §3.2)."""
    outcome, _ = await outcome_of({stage: f"550 {code} no\r\n".encode()})
    assert isinstance(outcome, Failed)
    assert outcome.hard is hard


async def test_authentication_asked_for_at_mail_defers():
    """530 is about our configuration, not about the letter (RFC 4954 §6)."""
    outcome, _ = await outcome_of({"MAIL": b"530 5.7.0 authenticate first\r\n"})
    assert isinstance(outcome, Deferred)


@pytest.mark.parametrize("stage", STAGES)
async def test_silence_defers_at_any_stage(stage):
    """Every wait has an end, and the status names the stage."""
    outcome, _ = await outcome_of({stage: HANG}, SHORT)
    assert isinstance(outcome, Deferred)
    assert f"to {'DATA' if stage == 'dot' else stage} in time" in outcome.status


@pytest.mark.parametrize("stage", STAGES)
async def test_a_dropped_connection_defers_at_any_stage(stage):
    """After the dot too: not knowing is not yes."""
    outcome, _ = await outcome_of({stage: DROP})
    assert isinstance(outcome, Deferred)
    assert "dropped the connection" in outcome.status


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("garbage", [b"\xff\xfe\x00\x1b[31m\r\n", b"HTTP/1.1 400 Bad Request\r\n", b"999 what\r\n"])
async def test_garbage_defers_at_any_stage(stage, garbage):
    """What is not SMTP proves nothing; the status carries no control characters."""
    outcome, _ = await outcome_of({stage: garbage})
    assert isinstance(outcome, Deferred)
    assert outcome.status.isprintable()
    assert len(outcome.status) <= 200


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("flood", [ENDLESS, b"250 " + b"x" * 100_000 + b"\r\n"])
async def test_a_flood_is_cut_off(stage, flood):
    """A reply is bounded: endless lines and an endless line defer, and the connection is gone."""
    async with scripted({stage: flood}) as host, way_out(host.port) as way:
        outcome = await way.send(letter())
        await asyncio.wait_for(host.ended.get(), 10)
    assert isinstance(outcome, Deferred)
    assert "does not speak SMTP" in outcome.status


@pytest.mark.parametrize("answer", ["200 taken", "251 2.0.0 will forward", "299 yes"])
async def test_any_yes_after_the_dot_is_a_delivery(answer):
    """The first digit is the answer (RFC 5321 §4.2.1): a letter that was taken goes once, not until it is given up."""
    outcome, host = await outcome_of({"dot": f"{answer}\r\n".encode()})
    assert outcome == Delivered(answer)
    assert len(host.letters) == 1


@pytest.mark.parametrize("answer", ["150 wait", "354 go on", "399 what"])
async def test_what_is_no_yes_after_the_dot_defers(answer):
    """It is no refusal either."""
    outcome, _ = await outcome_of({"dot": f"{answer}\r\n".encode()})
    assert outcome == Deferred(f"{answer} (answer to DATA)")


@pytest.mark.parametrize(
    ("octets", "heard"),
    [
        (b".\r\n..a\r\nb.\r\n", b"..\r\n...a\r\nb.\r\n.\r\n"),
        (b"a\n.\nb\r.\rc\r\n", b"a\r\n..\r\nb\r\n..\r\nc\r\n.\r\n"),
        (b"a\r\r\n", b"a\r\n\r\n.\r\n"),
        (b"no end", b"no end\r\n.\r\n"),
    ],
)
async def test_no_letter_ends_before_its_end(octets, heard):
    """Leading dots are doubled, and no bare CR or LF goes out for another server to end a line at (RFC 5321 §4.5.2)."""
    async with scripted() as host, way_out(host.port) as way:
        assert isinstance(await way.send(replace(letter(), data=octets)), Delivered)
    assert host.letters == [heard]


@pytest.mark.parametrize("answer", [b"250 ok\r\n", b"251 ok\r\n"])
async def test_a_yes_to_data_itself_is_no_delivery(answer):
    """Where 354 was due: nothing was written, so nothing was delivered."""
    outcome, host = await outcome_of({"DATA": answer})
    assert isinstance(outcome, Deferred)
    assert host.letters == []


async def test_answers_in_pieces_are_put_together():
    """TCP keeps no message boundaries: a banner and a multi-line EHLO that come byte by byte are understood."""
    ehlo = b"250-mx.example.it\r\n250-SIZE\r\n250 SMTPUTF8\r\n"
    pieces = {
        "greeting": [bytes([one]) for one in b"220-mx\r\n220 ready\r\n"],
        "EHLO": [bytes([one]) for one in ehlo],
    }
    outcome, _ = await outcome_of(pieces)
    assert isinstance(outcome, Delivered)


async def test_a_status_is_one_clean_line():
    """The answer of the smarthost is written down on one line without control characters, at most 200 of them."""
    outcome, _ = await outcome_of({"dot": b"250-2.0.0 \x1b[31mqueued\r\n250 2.0.0 " + b"x" * 500 + b"\r\n"})
    assert isinstance(outcome, Delivered)
    assert outcome.status.startswith("250 2.0.0 [31mqueued 2.0.0 xxx")
    assert len(outcome.status) <= 200


async def test_nobody_listening_is_said_so():
    """Three in the morning: the words name the smarthost and what is wrong."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    async with way_out(port) as way:
        assert await way.send(letter()) == Deferred(f"no connection to 127.0.0.1:{port}: refused")


async def test_smtputf8_is_asked_for_where_the_address_needs_it():
    """RFC 6531 §3.4: the parameter stands on MAIL, and the address travels as UTF-8."""
    outcome, host = await outcome_of({}, primary="società@rossi.example")
    assert isinstance(outcome, Delivered)
    assert host.heard[1].endswith("> SMTPUTF8")
    assert host.heard[2] == "RCPT TO:<società@rossi.example>"


async def test_smtputf8_that_is_not_offered_fails_the_letter():
    """RFC 6531 §3.5: no downgrade of an address; nothing of the letter is said."""
    outcome, host = await outcome_of({"EHLO": b"250 mx.example.it\r\n"}, primary="società@rossi.example")
    assert isinstance(outcome, Failed)
    assert outcome.status.startswith("5.6.7 ")
    assert not any(line.startswith(("MAIL", "RCPT")) for line in host.heard)


@pytest.mark.parametrize("local", ["a> SIZE=1", "a\r\nRCPT TO:<eve", "a b", "", "a,eve@evil.example"])
async def test_an_address_that_was_never_parsed_is_not_sent(local):
    """Threats rule 10: what would change the command line fails before a connection is made."""
    async with scripted() as host, way_out(host.port) as way:
        outcome = await way.send(replace(letter(), forward_path=Address(local, "rossi.example")))
    assert isinstance(outcome, Failed)
    assert host.sessions == []


async def test_a_connection_is_used_again():
    """Letters that follow each other share a connection, cleaned by RSET between them."""
    async with scripted() as host, way_out(host.port) as way:
        assert [type(await way.send(letter())) for _ in range(3)] == [Delivered] * 3
    assert len(host.sessions) == 1
    assert host.heard.count("RSET") == 2


async def test_a_refused_letter_leaves_nothing_for_the_next():
    """The envelope of a refused letter is forgotten before the connection is used again."""
    async with scripted({"RCPT": b"550 5.1.1 no\r\n"}) as host, way_out(host.port) as way:
        assert isinstance(await way.send(letter()), Failed)
        del host.answers["RCPT"]
        assert isinstance(await way.send(letter()), Delivered)
    assert [line.split(" ")[0] for line in host.heard][:7] == ["EHLO", "MAIL", "RCPT", "RSET", "MAIL", "RCPT", "DATA"]


async def test_a_connection_carries_so_many_messages():
    """`messages` bounds the reuse of a connection."""
    async with scripted() as host, way_out(host.port, messages=2) as way:
        for _ in range(3):
            await way.send(letter())
        assert len(host.sessions) == 2


async def test_an_idle_connection_is_parted_from():
    """`idle` bounds how long a connection waits for a letter; the end is a QUIT."""
    async with scripted() as host, way_out(host.port, idle=0.01) as way:
        await way.send(letter())
        await asyncio.wait_for(host.ended.get(), 10)
    assert host.heard[-1] == "QUIT"


@pytest.mark.parametrize("answer", [DROP, b"421 4.4.2 idle too long\r\n", b"garbage\r\n"])
async def test_a_connection_that_died_while_waiting_costs_no_attempt(answer):
    """A smarthost may close an idle connection: the letter goes over a new one, at once."""
    async with scripted({"RSET": answer}) as host, way_out(host.port) as way:
        await way.send(letter())
        assert isinstance(await way.send(letter()), Delivered)
    assert len(host.sessions) == 2


async def test_two_sends_never_share_a_connection():
    """Concurrent letters go over connections of their own."""
    async with scripted() as host, way_out(host.port) as way:
        outcomes = await asyncio.gather(*(way.send(letter()) for _ in range(5)))
        assert all(isinstance(one, Delivered) for one in outcomes)
        assert len(host.sessions) == 5
    assert all(sum(line.startswith("MAIL") for line in session) == 1 for session in host.sessions)


async def test_a_cancelled_send_leaves_no_connection_behind():
    """Shutdown in mid-letter: the connection goes, and no letter is cut into a whole one."""
    async with scripted({"dot": HANG}) as host, way_out(host.port) as way:
        sending = asyncio.create_task(way.send(letter()))
        await asyncio.wait_for(host.arrived.wait(), 10)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        await asyncio.wait_for(host.ended.get(), 10)
        assert way._waiting == []


async def test_a_login_is_made():
    """A user name in the settings is used before the first letter, and what it is does not show in a repr."""
    answers = {"EHLO": b"250-mx.example.it\r\n250 AUTH PLAIN\r\n"}
    outcome, host = await outcome_of(answers, username="gw", password=PASSWORD)
    assert isinstance(outcome, Delivered)
    assert host.heard[1] == "AUTH PLAIN AGd3AHh5enp5"
    assert PASSWORD not in repr(SmarthostSettings("h", 25, "none", "g", "gw", PASSWORD))


@pytest.mark.parametrize(
    "answers",
    [
        {"EHLO": b"250-mx.example.it\r\n250 AUTH PLAIN\r\n", "AUTH": b"535 5.7.8 bad credentials\r\n"},
        {"EHLO": b"250-mx.example.it\r\n250 AUTH CRAM-MD5\r\n", "AUTH": b"334 \xff!\r\n"},
        {"EHLO": b"250-mx.example.it\r\n250 AUTH X-OWN\r\n"},
        {"EHLO": b"250 mx.example.it\r\n"},
    ],
)
async def test_a_login_that_fails_defers(answers):
    """A wrong password is the operator's to mend, and no letter is lost by it."""
    outcome, host = await outcome_of(answers, username="gw", password=PASSWORD)
    assert isinstance(outcome, Deferred)
    assert "AUTH" in outcome.status
    assert PASSWORD not in outcome.status
    assert not any(line.startswith("MAIL") for line in host.heard)


@pytest.mark.parametrize(
    "answer",
    ["535 5.7.8 no: AUTH PLAIN AGd3AHh5enp5", "501 5.5.4 Invalid: xyzzy", "535 5.7.8 eHl6enk= of Z3c=", "5?? xyzzy"],
)
async def test_a_server_that_repeats_the_password_puts_it_into_no_word(answer):
    """Threats rule 17: the outbox shows the status, and logs have it; so does what `check --canary` says."""
    answers = answering("PLAIN", answer)
    outcome, _ = await outcome_of(answers, username="gw", password=PASSWORD)
    told, _ = await canary(answers, username="gw", password=PASSWORD)
    assert isinstance(outcome, Deferred)
    assert answer[:3] in outcome.status
    for words in (outcome.status, told):
        assert words
        assert not [one for one in (PASSWORD, "eHl6enk", "AGd3AHh5enp5", "Z3c=") if one in words]


BEYOND_ASCII = {"username": "gw", "password": "pàsswörd"}


async def test_a_canary_signs_in_as_a_letter_does_with_a_password_beyond_ascii():
    """RFC 4616 §2: in UTF-8."""
    answers = answering("LOGIN PLAIN", "235 2.7.0 welcome")
    told, host = await canary(answers, **BEYOND_ASCII)
    _, same = await outcome_of(answers, **BEYOND_ASCII)
    assert told == ""
    assert host.heard[1] == same.heard[1] == "AUTH PLAIN AGd3AHDDoHNzd8O2cmQ="


@pytest.mark.parametrize(
    ("offered", "answer", "told"),
    [
        ("PLAIN", "535 5.7.8 no: AGd3AHDDoHNzd8O2cmQ=", "535 5.7.8 no: [withheld]"),
        ("LOGIN", "", "it does not offer AUTH PLAIN"),
    ],
)
async def test_a_canary_that_cannot_sign_in_says_why_on_one_line(offered, answer, told):
    """A server that refuses the password, or that smtplib cannot tell it."""
    words, host = await canary(answering(offered, answer), **BEYOND_ASCII)
    assert words.startswith(told)
    assert not any(line.startswith("MAIL") for line in host.heard)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    command = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
        " -keyout key.pem -out cert.pem -subj /CN=smarthost -addext subjectAltName=IP:127.0.0.1"
    )
    subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture
def server_tls(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    return context


STARTTLS = {"EHLO": b"250-mx.example.it\r\n250 STARTTLS\r\n"}


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
async def test_tls_with_a_trusted_certificate_delivers(tls, certificate, server_tls):
    """STARTTLS and implicit TLS, the certificate held against `ca_file`; after STARTTLS a new EHLO (RFC 3207 §4.2)."""
    async with (
        scripted(STARTTLS, tls=server_tls, implicit=tls == "implicit") as host,
        way_out(host.port, tls=tls, ca_file=str(certificate / "cert.pem")) as way,
    ):
        assert isinstance(await way.send(letter()), Delivered)
    assert host.heard.count("EHLO gateway.example.it") == (2 if tls == "starttls" else 1)


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
async def test_a_certificate_that_nobody_vouches_for_defers(tls, server_tls):
    """Certificates are verified; the words say that this is what went wrong."""
    async with (
        scripted(STARTTLS, tls=server_tls, implicit=tls == "implicit") as host,
        way_out(host.port, tls=tls) as way,
    ):
        outcome = await way.send(letter())
    assert isinstance(outcome, Deferred)
    assert "certificate" in outcome.status
    assert "not trusted" in outcome.status
    assert not any(line.startswith("MAIL") for line in host.heard)


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({}, "does not offer STARTTLS; nothing is sent in clear text"),
        (STARTTLS | {"STARTTLS": b"454 4.7.0 no TLS now\r\n"}, "454 4.7.0"),
        (STARTTLS | {"STARTTLS": b"554 5.7.0 never\r\n"}, "554 5.7.0"),
        (STARTTLS | {"STARTTLS": DROP}, "dropped"),
        (STARTTLS | {"STARTTLS": HANG}, "in time"),
    ],
)
async def test_no_tls_is_no_letter(answers, words):
    """Where STARTTLS is asked for there is no falling back to clear text."""
    async with scripted(answers) as host, way_out(host.port, replace(LONG, connect=0.2), tls="starttls") as way:
        outcome = await way.send(letter())
    assert isinstance(outcome, Deferred)
    assert words in outcome.status
    assert not any(line.startswith("MAIL") for line in host.heard)


async def test_a_plain_smarthost_on_a_tls_port_defers():
    """Implicit TLS against a server that greets in clear text."""
    async with scripted() as host, way_out(host.port, tls="implicit") as way:
        outcome = await way.send(letter())
    assert isinstance(outcome, Deferred)
    assert "TLS" in outcome.status
