"""An IMAP server that lies, floods, hangs or hangs up: a clear fault within the deadline, and bounded memory (I7)."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import pytest

from gateway.ingress.imap.client import connect
from gateway.ingress.imap.driver import (
    Filed,
    FolderMissing,
    Gone,
    Lied,
    MailboxFault,
    OverQuota,
    Refused,
    RefusedLogin,
    RefusedToken,
    Server,
    Waits,
    Woke,
)
from ingress.lying_imap import DROP, HANG, MAIL, NEXT, OFFERED, YES, Endless, body, capable, lying

PATIENT = Waits(connect=10, command=10, logout=1)
HASTY = Waits(connect=0.3, command=0.3, logout=0.1, done=0.3)
STAGES = ("CAPABILITY", "LOGIN", "SELECT", "UID SEARCH", "SIZES", "BODIES", "UID STORE", "UID MOVE", "CREATE", "NOOP")
NOT_MADE = {"STATUS": b"TAG NO\r\n"}


@asynccontextmanager
async def signed_in(script=None, waits=PATIENT, *, opened=True):
    """A driver with its folder open, and the server that it speaks to."""
    async with lying(script) as host, asyncio.timeout(20):
        driver = await connect(Server("127.0.0.1", host.port, "none"), waits)
        try:
            await driver.login("anna", "secret")
            if opened:
                await driver.select("INBOX")
            yield driver, host
        finally:
            driver.abort()


async def everything(script=None, waits=PATIENT):
    """Each call once; the messages that were fetched."""
    async with signed_in(script, waits) as (driver, _):
        sizes = await driver.sizes(await driver.uids(1))
        mails = await driver.fetch({uid: one.size for uid, one in sizes.items()})
        await driver.idle(0.01)
        await driver.flag(mails, "$Failed")
        await driver.move(mails, "Done")
        await driver.ensure_folder("Done")
        await driver.noop()
        await driver.logout()
    return mails


async def test_an_honest_server_is_served():
    """The script that the lies below depart from goes through."""
    assert await everything() == {7: MAIL}


LIES = {
    "a greeting that is none": ({"greeting": b"220 mx ESMTP\r\n"}, Lied, "no greeting"),
    "signed in unasked": ({"greeting": b"* PREAUTH hello\r\n"}, Lied, "PREAUTH"),
    "not welcome": ({"greeting": b"* BYE too many connections\r\n"}, Refused, "too many connections"),
    "another's tag": ({"UID SEARCH": b"ZZ9 OK\r\n"}, Lied, "neither untagged nor an answer"),
    "a tag before": ({"UID SEARCH": b"TAG OK\r\nTAG OK\r\n"}, Lied, "neither untagged nor an answer"),
    "no protocol at all": ({"SIZES": b"HTTP/1.1 200 OK\r\n"}, Lied, "neither untagged nor an answer"),
    "a continuation request unasked": ({"UID SEARCH": b"+ go on\r\n"}, Lied, "continuation request"),
    "no UIDVALIDITY": ({"SELECT": b"* 1 EXISTS\r\nTAG OK\r\n"}, Lied, "UIDVALIDITY"),
    "a UIDVALIDITY of words": (
        {"SELECT": b"* 1 EXISTS\r\n* OK [UIDVALIDITY x] x\r\nTAG OK\r\n"},
        Lied,
        "UIDVALIDITY is no number",
    ),
    "another UIDVALIDITY": ({"SIZES": b"* OK [UIDVALIDITY 10] x\r\nTAG OK\r\n"}, Lied, "UIDVALIDITY changed"),
    "UID 0": ({"UID SEARCH": b"* SEARCH 0\r\nTAG OK\r\n"}, Lied, "'0' is no UID"),
    "UID 2^32": ({"UID SEARCH": b"* SEARCH 4294967296\r\nTAG OK\r\n"}, Lied, "'4294967296' is no UID"),
    "a negative UID": ({"UID SEARCH": b"* SEARCH -1\r\nTAG OK\r\n"}, Lied, "'-1' is no UID"),
    "a UID of a thousand digits": ({"UID SEARCH": b"* SEARCH " + b"9" * 1000 + b"\r\nTAG OK\r\n"}, Lied, "is no UID"),
    "a size of words": ({"SIZES": b"* 1 FETCH (UID 7 RFC822.SIZE big)\r\nTAG OK\r\n"}, Lied, "SIZE is no number"),
    "a size beyond numbers": (
        {"SIZES": b"* 1 FETCH (UID 7 RFC822.SIZE 9999999999999999999)\r\nTAG OK\r\n"},
        Lied,
        "SIZE is no number",
    ),
    "items without an end": ({"SIZES": b"* 1 FETCH (UID 7 FLAGS (\r\nTAG OK\r\n"}, Lied, "cannot be read"),
    "a quote without an end": ({"SIZES": b'* 1 FETCH (UID 7 X "abc)\r\nTAG OK\r\n'}, Lied, "cannot be read"),
    "a thousand parentheses": ({"SIZES": b"* 1 FETCH " + b"(" * 1000 + b"\r\nTAG OK\r\n"}, Lied, "cannot be read"),
    "octets of another UID": ({"BODIES": body(MAIL, 8) + b"TAG OK\r\n"}, Lied, "UID 8, which nobody asked for"),
    "octets twice": ({"BODIES": body(MAIL) * 2 + b"TAG OK\r\n"}, Lied, "UID 7, twice"),
    "octets of UID 0": ({"BODIES": body(MAIL, 0) + b"TAG OK\r\n"}, Lied, "'0' is no UID"),
    "far more than the size": ({"BODIES": body(b"x" * 70_000) + b"TAG OK\r\n"}, Lied, "70000 octets of UID 7"),
    "a literal of a terabyte": ({"BODIES": b"* 1 FETCH (UID 7 BODY[] {1099511627776}\r\n"}, Lied, "1099511627776"),
    "a literal where none belongs": ({"CAPABILITY": b"* CAPABILITY {99999}\r\n"}, Lied, "literal of 99999"),
    "literals without number": ({"UID STORE": b"* X" + b" {0}\r\n" * 50 + b"\r\nTAG OK\r\n"}, Lied, "over 16 literals"),
    "a NUL in a line": ({"UID SEARCH": b"* SEARCH 7\x00\r\nTAG OK\r\n"}, Lied, "NUL"),
    "hung up in a literal": ({"BODIES": [b"* 1 FETCH (UID 7 BODY[] {52}\r\nFrom: ", DROP]}, Gone, "lost"),
    "a literal without an end": ({"BODIES": [b"* 1 FETCH (UID 7 BODY[] {52}\r\nFrom: ", HANG]}, Gone, "0.3 s"),
    "a line without an end": ({"UID SEARCH": [b"* SEARCH 1", HANG]}, Gone, "0.3 s"),
    "IDLE never begun": ({"IDLE": HANG}, Gone, "IDLE"),
    "IDLE never ended": ({"IDLE": [b"+ idling\r\n", NEXT, HANG]}, Gone, "IDLE"),
    "IDLE refused": ({"IDLE": b"TAG NO\r\n"}, Refused, "IDLE"),
    "IDLE hung up": ({"IDLE": [b"+ idling\r\n", b"* BYE shutting down\r\n"]}, Gone, "shutting down"),
    "control characters in its words": ({"UID MOVE": b"TAG NO \x1b[2J\x07\xff\r\n"}, Refused, "NO ?[2J?"),
}


@pytest.mark.parametrize(("script", "kind", "words"), LIES.values(), ids=LIES)
async def test_a_lie_is_named(script, kind, words):
    """Whatever it is, the call ends in the fault of its kind, whose words say what was wrong."""
    with pytest.raises(MailboxFault) as caught:
        await everything(script, HASTY if words in ("0.3 s", "IDLE") else PATIENT)
    assert type(caught.value) is kind
    assert words in str(caught.value)


FLOODS = {
    "an endless line": {"UID SEARCH": Endless(b"x" * 65536)},
    "an endless SEARCH": {"UID SEARCH": [b"* SEARCH", Endless(b" 7" * 32768)]},
    "an endless greeting": {"greeting": Endless(b"* OK " * 1000)},
    "an endless code": {"SELECT": [b"* OK [", Endless(b"A" * 65536)]},
    "untagged lines without end": {"UID SEARCH": Endless(b"* 1 RECENT\r\n" * 5000)},
    "untagged lines while nothing is asked": {"LOGIN": [b"TAG OK\r\n", Endless(b"* 1 EXISTS\r\n" * 5000)]},
    "messages that nobody asked for": {"SIZES": Endless(body(MAIL, 9))},
    "octets without end": {"BODIES": Endless(body(b"x" * 60_000))},
    "alerts in IDLE": {"IDLE": [b"+ idling\r\n", Endless(b"* OK still here\r\n" * 5000)]},
}


@pytest.mark.parametrize("script", FLOODS.values(), ids=FLOODS)
async def test_a_flood_is_cut_off(script):
    """The connection is closed after a few megabytes, most of which lie in the socket's buffers."""
    async with lying(script) as host, asyncio.timeout(20):
        with pytest.raises(Lied):
            await each_in_turn(host.port)
    assert host.sent < 32 * 2**20


async def each_in_turn(port):
    """What a flood may be the answer to."""
    driver = await connect(Server("127.0.0.1", port, "none"), PATIENT)
    await driver.login("anna", "secret")
    await driver.select("INBOX")
    await driver.uids(1)
    await driver.sizes([7])
    await driver.fetch({7: 52})
    await driver.idle(5)


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize(
    ("answer", "kind"),
    [(HANG, Gone), (DROP, Gone), (b"* BYE shutting down\r\n", Gone), (b"TAG BAD what?\r\n", Refused)],
    ids=["hangs", "hangs up", "says BYE", "says BAD"],
)
async def test_any_command_may_fail(stage, answer, kind):
    """At whatever command: within the deadline, a fault of the kind."""
    with pytest.raises(MailboxFault) as caught:
        await everything({**NOT_MADE, stage: answer}, HASTY if answer == HANG else PATIENT)
    assert type(caught.value) is kind


@pytest.mark.parametrize("stage", STAGES)
async def test_any_command_may_be_refused(stage):
    """NO is a refused login to LOGIN, a missing folder to SELECT, and else a refusal."""
    with pytest.raises(MailboxFault) as caught:
        await everything({**NOT_MADE, stage: b"TAG NO not now\r\n"})
    assert type(caught.value) is {"LOGIN": RefusedLogin, "SELECT": FolderMissing}.get(stage, Refused)
    assert "not now" in str(caught.value)


@pytest.mark.parametrize("answer", [HANG, DROP])
async def test_a_server_that_does_not_greet_is_gone(answer):
    """Connected is not yet greeted."""
    with pytest.raises(Gone):
        await everything({"greeting": answer}, HASTY if answer == HANG else PATIENT)


async def test_nobody_there():
    """A port where nobody listens."""
    async with lying() as host:
        port = host.port
    with pytest.raises(Gone, match="refused"):
        await connect(Server("127.0.0.1", port, "none"), PATIENT)


async def test_after_a_lie_the_connection_is_closed():
    """Nobody knows what would come next, so nothing more is said on it."""
    async with signed_in({"UID SEARCH": b"* SEARCH 0\r\nTAG OK\r\n"}) as (driver, host):
        with pytest.raises(Lied):
            await driver.uids(1)
        with pytest.raises(Lied, match="is no UID"):
            await driver.noop()
        assert host.heard[-1].endswith("UID SEARCH UID 1:*")


async def test_after_a_cancelled_call_the_connection_is_closed():
    """Its answer could be taken for that of the next one."""
    async with signed_in({"NOOP": HANG}) as (driver, _):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await driver.noop()
        with pytest.raises(Gone, match="closed by us"):
            await driver.uids(1)


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (b"* SEARCH 9 8 7\r\nTAG OK\r\n", (7, 8, 9)),
        (b"* SEARCH 7 7 8 7\r\nTAG OK\r\n", (7, 8)),
        (b"* SEARCH 8\r\n* SEARCH 7\r\nTAG OK\r\n", (7, 8)),
        (b"* SEARCH\r\nTAG OK\r\n", ()),
        (b"TAG OK\r\n", ()),
        (b"* SEARCH 5\r\nTAG OK\r\n", ()),  # the last message, which `7:*` always finds
        (b"* search 7 4294967295 \r\nTAG OK\r\n", (7, 4294967295)),
    ],
)
async def test_uids_come_ascending_and_once(answer, found):
    """Order and repetition mean nothing in SEARCH, and none is below the first that was asked for."""
    async with signed_in({"UID SEARCH": answer}) as (driver, _):
        assert await driver.uids(7) == found


async def test_a_thousand_responses_in_one_burst():
    """The library's own reader recurses on each line of a burst, and ends in RecursionError."""
    burst = b"".join(b"* %d FETCH (UID %d RFC822.SIZE 1)\r\n" % (uid, uid) for uid in range(1, 101))
    async with signed_in({"SIZES": b"* OK ping\r\n" * 5000 + burst + b"TAG OK\r\n"}) as (driver, _):
        assert set(await driver.sizes(range(1, 101))) == set(range(1, 101))


async def test_what_is_gone_is_left_out():
    """No answer, NIL, and news of another message's flags are not this message's octets."""
    answer = b"* 1 FETCH (UID 7 BODY[] NIL)\r\n* 2 FETCH (UID 8 FLAGS (\\Seen))\r\n* 3 FETCH (FLAGS ())\r\nTAG OK\r\n"
    async with signed_in({"BODIES": answer, "SIZES": answer}) as (driver, _):
        assert await driver.fetch({7: 52, 8: 52}) == {}
        assert await driver.sizes([7, 8]) == {}


@pytest.mark.parametrize("octets", [b"", b"NIL", b"A: b\r\n\r\n* 1 FETCH (\r\nA1 OK {5}\r\n", b"\x00\xff\n\r"])
async def test_octets_come_as_they_are(octets):
    """What looks like protocol within a literal is not (I12)."""
    async with signed_in({"BODIES": body(octets) + b"TAG OK\r\n"}) as (driver, _):
        assert await driver.fetch({7: len(octets)}) == {7: octets}


async def test_octets_may_come_in_quotes():
    """A body is an nstring: short ones may be quoted (RFC 9051 §9)."""
    async with signed_in({"BODIES": b'* 1 FETCH (BODY[] "a \\"b\\" \\\\" UID 7)\r\nTAG OK\r\n'}) as (driver, _):
        assert await driver.fetch({7: 9}) == {7: b'a "b" \\'}


async def test_no_more_than_a_hundred_in_one_command():
    """Larger batches are where servers and libraries break."""
    async with signed_in({"SIZES": b"TAG OK\r\n"}) as (driver, host):
        await driver.sizes(range(1, 251))
    assert [line.split()[3] for line in host.heard if "FETCH" in line] == ["1:100", "101:200", "201:250"]


async def test_a_part_that_never_ends_is_a_lie():
    """A large message may be longer than its size says, but not by more than as much again and 64 KiB."""
    part = body(b"x" * 2**20, item="BODY[]<0>")
    longest = 2 * (2**20 + 1) + 65536
    rest = [body(b"x" * min(2**20, longest - at), item=f"BODY[]<{at}>") for at in (2**20, 2**21)]
    answer = part + b"".join(rest) + b"TAG OK\r\n"
    async with signed_in() as (driver, host):
        answers = iter([part + b"TAG OK\r\n", *(one + b"TAG OK\r\n" for one in rest)])
        assert len(answer) > longest
        host.script = Turns(host.script, answers)
        with pytest.raises(Lied, match="does not end"):
            await driver.fetch({7: 2**20 + 1})


class Turns(dict):
    """A script whose BODIES are one after the other."""

    def __init__(self, script, answers):
        super().__init__(script)
        self.answers = answers

    def get(self, stage, default=None):
        return next(self.answers) if stage == "BODIES" else super().get(stage, default)


@pytest.mark.parametrize(
    ("size", "parts"),
    [
        (2**20 + 450_000, (2**20, 500_000)),  # longer than it was said to be
        (2**21, (2**20, 2**19, 2**19)),  # a part may be shorter than was asked
        (2**20 + 450_000, (2**20, 400_000, 0)),  # shorter than it was said to be
    ],
)
async def test_large_messages_come_in_parts(size, parts):
    """Until a part is short of what was asked and the size is reached, or nothing more comes."""
    mail = bytes(at % 251 for at in range(sum(parts)))
    starts = [sum(parts[:at]) for at in range(len(parts))]
    said = [body(mail[at : at + octets], item=f"BODY[]<{at}>") for at, octets in zip(starts, parts, strict=True)]
    async with signed_in() as (driver, host):
        host.script = Turns(host.script, iter([one + b"TAG OK\r\n" for one in said]))
        assert await driver.fetch({7: size}) == {7: mail}
    assert all("BODY.PEEK[]<" in line for line in host.heard if "BODY" in line)


async def test_idle_ends_with_a_change():
    """EXISTS wakes; a keep-alive does not."""
    script = {"IDLE": [b"+ idling\r\n* OK still here\r\n", b"* 2 EXISTS\r\n", NEXT, b"TAG OK\r\n"]}
    async with signed_in(script) as (driver, host):
        assert await driver.idle(10) is Woke.CHANGE
        assert host.heard[-1] == "DONE"


async def test_idle_ends_with_the_time():
    """Nothing came: that is said too, and the connection is still good."""
    async with signed_in() as (driver, _):
        assert await driver.idle(0.01) is Woke.TIME
        await driver.noop()


async def test_what_came_before_idle_wakes_it_at_once():
    """An EXISTS that came with another command's answer would otherwise wait for the next sweep."""
    script = {"UID STORE": b"* 2 EXISTS\r\nTAG OK\r\n"}
    async with signed_in(script) as (driver, _):
        await driver.uids(1)
        await driver.flag([7], "$Failed")
        assert await driver.idle(10) is Woke.CHANGE
        await driver.uids(1)
        assert await driver.idle(0.01) is Woke.TIME


async def test_without_move_it_is_copied_marked_and_expunged_by_uid():
    """RFC 4315: the plain EXPUNGE would take what others have marked along."""
    async with signed_in({"CAPABILITY": capable("IMAP4rev1 UIDPLUS")}) as (driver, host):
        assert await driver.move([7, 9, 8, 12], "Già fatto") is Filed.MOVED
    assert [line.partition(" ")[2] for line in host.heard[-3:]] == [
        'UID COPY 7:9,12 "Gi&AOA- fatto"',
        "UID STORE 7:9,12 +FLAGS.SILENT (\\Deleted)",
        "UID EXPUNGE 7:9,12",
    ]


async def test_with_neither_move_nor_uidplus_it_is_left():
    """Nothing is touched, so that nothing is there twice."""
    async with signed_in({"CAPABILITY": capable("IMAP4rev1")}) as (driver, host):
        assert await driver.move([7], "Done") is Filed.LEFT
        assert "SELECT" in host.heard[-1]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (b"[TRYCREATE]", FolderMissing),
        (b"[NONEXISTENT]", FolderMissing),
        (b"[OVERQUOTA]", OverQuota),
        (b"[NOPERM]", Refused),
        (b"", Refused),
    ],
)
async def test_why_a_move_is_refused(code, kind):
    """The code says what an operator would do about it (RFC 5530)."""
    async with signed_in({"UID MOVE": b"TAG NO %b no\r\n" % code}) as (driver, _):
        with pytest.raises(MailboxFault) as caught:
            await driver.move([7], "Done")
        assert type(caught.value) is kind
        await driver.noop()  # a refusal is an answer: the connection is as good as it was


async def test_a_folder_that_is_there_is_not_made():
    """ALREADYEXISTS says so; where a server gives no code, STATUS finds out."""
    for answer in (b"TAG NO [ALREADYEXISTS] x\r\n", b"TAG NO it is there\r\n"):
        async with signed_in({"CREATE": answer}) as (driver, _):
            assert await driver.ensure_folder("Done") is False


async def test_a_login_that_is_put_off_is_not_refused():
    """An operator who is told to change a password that is right does harm."""
    for answer in (b"TAG NO [UNAVAILABLE] later\r\n", b"TAG BAD User is authenticated but not connected.\r\n"):
        with pytest.raises(Refused):
            await everything({"LOGIN": answer})


async def test_no_password_is_sent_where_login_is_disabled():
    """RFC 9051 §6.2.3."""
    async with lying({"CAPABILITY": capable("IMAP4rev1 LOGINDISABLED")}) as host:
        driver = await connect(Server("127.0.0.1", host.port, "none"), PATIENT)
        with pytest.raises(RefusedLogin, match="LOGINDISABLED"):
            await driver.login("anna", "secret")
        driver.abort()
    assert not any("LOGIN" in line for line in host.heard)


async def test_what_cannot_be_quoted_is_sent_as_a_literal():
    """A password may have any characters but NUL."""
    script = {"LOGIN": [b"+ go on\r\n", NEXT, b"+ go on\r\n", NEXT, b"TAG OK\r\n"]}
    async with lying(script) as host:
        driver = await connect(Server("127.0.0.1", host.port, "none"), PATIENT)
        await driver.login("è", "perché no")
        driver.abort()
    assert [line.partition(" ")[2] for line in host.heard if "LOGIN" in line] == ["LOGIN {2}"]
    assert host.heard[2:4] == ["è {10}", "perché no"]


@pytest.mark.parametrize(
    ("mechanism", "offered", "said", "dismissal"),
    [
        ("XOAUTH2", OFFERED, "AUTHENTICATE XOAUTH2 dXNlcj1hbm5hAWF1dGg9QmVhcmVyIHQwawEB", ""),
        (
            "OAUTHBEARER",
            OFFERED.replace("SASL-IR ", ""),
            "bixhPWFubmEsAWhvc3Q9MTI3LjAuMC4xAXBvcnQ9OTkzAWF1dGg9QmVhcmVyIHQwawEB",
            "AQ==",
        ),
    ],
)
async def test_a_refused_token_ends(mechanism, offered, said, dismissal):
    """The server tells why in a challenge, and waits until that is answered (RFC 7628 §3.2.3)."""
    first = [b"+ \r\n", NEXT] if "SASL-IR" not in offered else []
    script = {
        "CAPABILITY": capable(offered),
        "AUTHENTICATE": [*first, b"+ eyJzdGF0dXMiOiI0MDEifQ==\r\n", NEXT, b"TAG NO [AUTHENTICATIONFAILED] x\r\n"],
    }
    async with lying(script) as host, asyncio.timeout(20):
        driver = await connect(Server("127.0.0.1", host.port, "none"), PATIENT)
        driver._server = Server("127.0.0.1", 993, "none")  # what OAUTHBEARER names
        with pytest.raises(RefusedToken) as caught:
            await driver.authenticate(mechanism, "anna", "t0k")
        driver.abort()
    assert any(line.endswith(said) for line in host.heard)
    assert host.heard[-1] == dismissal
    assert "t0k" not in str(caught.value)


async def test_a_token_that_is_taken():
    """Then it goes on as after LOGIN."""
    async with lying() as host:
        driver = await connect(Server("127.0.0.1", host.port, "none"), PATIENT)
        await driver.authenticate("XOAUTH2", "anna", "t0k")
        assert (await driver.select("INBOX")).uidvalidity == 9
        driver.abort()


async def test_a_mechanism_that_is_not_offered_is_not_tried():
    """No token goes to who did not ask."""
    async with lying({"CAPABILITY": capable("IMAP4rev1")}) as host:
        driver = await connect(Server("127.0.0.1", host.port, "none"), PATIENT)
        with pytest.raises(RefusedToken, match="does not offer"):
            await driver.authenticate("XOAUTH2", "anna", "t0k")
        driver.abort()
    assert not any("AUTHENTICATE" in line for line in host.heard)


async def test_nothing_logged_tells_a_secret(caplog):
    """The library writes each command to its log, and shows a command in its errors."""
    caplog.set_level("DEBUG")
    with pytest.raises(MailboxFault) as caught:
        await everything({"LOGIN": b"ZZ9 NO\r\n"})
    chain = [caught.value, caught.value.__cause__, caught.value.__context__]
    assert not any("secret" in repr(one) for one in chain)
    assert "secret" not in caplog.text


def test_the_honest_script_has_what_the_lies_change():
    """Each lie above is about a command that is really sent."""
    assert set(STAGES) - set(YES) == {"LOGIN", "UID STORE", "UID MOVE", "CREATE", "NOOP"}
