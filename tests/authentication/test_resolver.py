"""Resolver: each answer of the DNS, and each way not to get one, over a real socket."""

import asyncio

import pytest

from gateway.authentication.dns import Resolver, ResolverSettings, system
from gateway.core.inquiry import Answer, Found, Question
from nameserver import LOOPBACK, Deed, Server

NAME = "example.it"
ZONE = {
    (NAME, "TXT"): ["v=spf1 -all", (b"v=DKIM1; ", b"p=", b"\xff\x00")],
    (NAME, "A"): ["192.0.2.1", "192.0.2.2"],
    (NAME, "AAAA"): ["2001:DB8::1"],
    (NAME, "MX"): [(20, "b.example.it"), (10, "A.Example.it")],
    ("1.2.0.192.in-addr.arpa", "PTR"): ["Mail.example.it"],
    ("alias.example.it", "CNAME"): ["second.example.it"],
    ("second.example.it", "CNAME"): [NAME],
    ("_dmarc.deep.example.it", "TXT"): ["v=DMARC1; p=none"],
}
SPF = (b"v=spf1 -all", b"v=DKIM1; p=\xff\x00")
COULD_NOT_ASK = Answer(Found.COULD_NOT_ASK)


def resolver(*servers, one_try=5, question=10):
    addresses = tuple(server.address for server in servers)
    return Resolver(ResolverSettings(addresses, one_try=one_try, question=question), lambda: 0)


async def ask(zone, name=NAME, kind="TXT", deed=None, **waits):
    with Server(zone, deeds={name: deed} if deed else {}) as server:
        return await resolver(server, **waits).answer(Question(name, kind))


@pytest.mark.parametrize(
    ("name", "kind", "values"),
    [
        (NAME, "TXT", SPF),
        (NAME, "A", ("192.0.2.1", "192.0.2.2")),
        (NAME, "AAAA", ("2001:db8::1",)),
        (NAME, "MX", ("a.example.it", "b.example.it")),
        ("1.2.0.192.in-addr.arpa", "PTR", ("mail.example.it",)),
        ("alias.example.it", "TXT", SPF),
    ],
)
async def test_values(name, kind, values):
    """TXT is joined octets, one value a record; MX by preference; names in lower case; CNAMEs are followed."""
    assert await ask(ZONE, name, kind) == Answer(Found.VALUES, values)


async def test_null_mx_is_a_value():
    """RFC 7505: the MX that says "no mail" is the root, which is then no name to ask for."""
    assert await ask({(NAME, "MX"): [(0, ".")]}, kind="MX") == Answer(Found.VALUES, (".",))


async def test_a_name_that_nobody_has():
    """NXDOMAIN is a "no" about the name."""
    assert (await ask(ZONE, "nobody.example.it")).found is Found.NO_SUCH_NAME


@pytest.mark.parametrize("name", ["second.example.it", "deep.example.it"])
async def test_a_name_without_such_records(name):
    """An empty NOERROR is a "no" about the kind, also where only names below it exist."""
    assert (await ask(ZONE, name, "PTR")).found is Found.NO_DATA


@pytest.mark.parametrize(
    "deed",
    [Deed.SERVFAIL, Deed.REFUSED, Deed.REFERRAL, Deed.GARBAGE_INSIDE, Deed.TRUNCATE_ALWAYS, Deed.CLOSE_TCP],
)
async def test_a_nameserver_that_cannot_say(deed):
    """I9: a failure, a referral and a malformed answer are no "no"."""
    assert await ask(ZONE, deed=deed) == COULD_NOT_ASK


@pytest.mark.parametrize("deed", [Deed.SILENCE, Deed.WRONG_ID, Deed.WRONG_QUESTION, Deed.GARBAGE])
async def test_silence_and_what_is_not_for_us(deed):
    """RFC 5452 §9.1: an answer without our id and question counts as none, and waiting for a better one ends."""
    assert await ask(ZONE, deed=deed, one_try=0.05) == COULD_NOT_ASK


async def test_a_forged_answer_does_not_shut_out_the_true_one():
    """What has the wrong id is passed over, not taken for the end."""
    assert await ask(ZONE, deed=Deed.WRONG_ID_FIRST) == Answer(Found.VALUES, SPF)


async def test_nobody_listens():
    """A closed port is known at once, not after the time for a try."""
    with Server(ZONE) as server:
        nobody = server.address
    async with asyncio.timeout(2):
        assert await Resolver(ResolverSettings((nobody,)), lambda: 0).answer(Question(NAME, "TXT")) == COULD_NOT_ASK


@pytest.mark.parametrize("deed", [Deed.SERVFAIL, Deed.GARBAGE_INSIDE, Deed.CLOSE_TCP])
async def test_the_next_nameserver_is_asked(deed):
    """One that cannot say is no reason to give up while there is another."""
    with Server(ZONE, {NAME: deed}) as first, Server(ZONE) as second:
        assert await resolver(first, second).answer(Question(NAME, "TXT")) == Answer(Found.VALUES, SPF)
        assert second.count() == 1


async def test_the_first_nameserver_is_enough():
    """The second is not troubled while the first answers, be it with a "no"."""
    with Server(ZONE) as first, Server(ZONE) as second:
        await resolver(first, second).answer(Question("nobody.example.it", "TXT"))
        assert (first.count(), second.count()) == (1, 0)


async def test_a_question_ends():
    """Rule 15: however many tries would be left, the time for one question ends it."""
    with Server(ZONE, {NAME: Deed.SILENCE}) as server:
        assert await resolver(*[server] * 50, one_try=5, question=0.05).answer(Question(NAME, "TXT")) == COULD_NOT_ASK
        assert server.count() == 1


@pytest.mark.parametrize("deed", [None, Deed.TRUNCATE])
async def test_what_does_not_fit_comes_by_tcp(deed):
    """RFC 7766 §5: a truncated answer is asked for again by TCP, and nothing of it is used."""
    long = b"x" * 4000
    with Server({(NAME, "TXT"): [long]}, {NAME: deed} if deed else {}) as server:
        assert await resolver(server).answer(Question(NAME, "TXT")) == Answer(Found.VALUES, (long,))
        assert [one.transport for one in server.asked] == ["udp", "tcp"]


async def test_what_edns_has_room_for_comes_by_udp():
    """RFC 6891: answers over 512 octets, as DKIM keys are, need no second connection."""
    with Server({(NAME, "TXT"): [b"x" * 900]}) as server:
        await resolver(server).answer(Question(NAME, "TXT"))
        assert [(one.transport, one.payload) for one in server.asked] == [("udp", 1232)]


async def test_without_edns_where_it_is_not_known():
    """RFC 6891 §7: who answers EDNS with FORMERR is asked without."""
    assert await ask(ZONE, deed=Deed.FORMERR_TO_EDNS) == Answer(Found.VALUES, SPF)


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "example.it.",
        "a..it",
        ".it",
        "a" * 64 + ".it",
        ".".join(["a" * 49] * 5) + ".abcd",
        "exämple.it",
        "a b.it",
        "a\\046b.it",
        "a\nb.it",
    ],
)
async def test_a_name_that_cannot_be(name):
    """RFC 1035 §2.3.4: what is no name is had by nobody, and no nameserver is troubled with it."""
    with Server(ZONE) as server:
        assert await resolver(server).answer(Question(name, "TXT")) == Answer(Found.NO_SUCH_NAME)
        assert server.count() == 0


@pytest.mark.parametrize("name", ["a" * 63 + ".it", ".".join(["a" * 49] * 5) + ".abc", "_dmarc.it", "user+x=y._spf.it"])
async def test_a_name_that_can_be(name):
    """Names as long as they may be, underscores, and what an SPF macro makes of a local part, are asked as they are."""
    with Server(ZONE) as server:
        await resolver(server).answer(Question(name, "TXT"))
        assert [one.name for one in server.asked] == [name]


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ([f"{number:03}" for number in range(100)], Found.VALUES),
        ([f"{number:03}" for number in range(101)], Found.NO_DATA),
        ([b"x" * 16384], Found.VALUES),
        ([b"x" * 16384, b"x"], Found.NO_DATA),
        ([f"{number:03}" for number in range(1000)], Found.NO_DATA),
    ],
)
async def test_an_answer_that_is_too_much(values, found):
    """Rule 15: beyond the bounds there is nothing rather than a part of it, and nobody is put off until later."""
    answer = await ask({(NAME, "TXT"): values})
    assert (answer.found, len(answer.values)) == (found, len(values) if found is Found.VALUES else 0)


async def test_a_question_answered_is_not_asked_again():
    """The resolver keeps what it heard."""
    with Server(ZONE) as server:
        one = resolver(server)
        assert await one.answer(Question(NAME, "TXT")) == await one.answer(Question(NAME, "TXT"))
        assert server.count() == 1


async def test_many_who_ask_at_once_ask_once():
    """The same question under way is not asked a second time; another one is."""
    with Server(ZONE, {NAME: Deed.HOLD}) as server:
        one = resolver(server)
        waiting = [asyncio.create_task(one.answer(Question(NAME, kind))) for kind in ("TXT", "TXT", "A")]
        await asyncio.to_thread(server.wait, 2)
        server.release()
        assert [len((await each).values) for each in waiting] == [2, 2, 2]
        assert server.count() == 2


def test_the_system_s_nameservers(tmp_path):
    """resolv.conf(5): the first three of them, whatever else stands there."""
    path = tmp_path / "resolv.conf"
    path.write_text("# nameserver 9.9.9.9\nsearch it\nnameserver\n" + "".join(f"nameserver ::{n}\n" for n in range(4)))
    assert system(path) == (("::0", 53), ("::1", 53), ("::2", 53))


@pytest.mark.parametrize("text", [None, "", "options edns0\n"])
def test_no_nameservers_named(tmp_path, text):
    """resolv.conf(5): without any, or without the file, it is the nameserver on this host."""
    path = tmp_path / "resolv.conf"
    if text is not None:
        path.write_text(text)
    assert system(path) == ((LOOPBACK, 53),)
