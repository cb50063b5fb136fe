"""The story of a mailbox: everything is taken in once and filed, and nothing that goes wrong stops the rest."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, timedelta

import pytest
from structlog.testing import capture_logs

from gateway.core.verdict import Defer
from gateway.ingress.imap.driver import Gone, OverQuota, Refused, RefusedLogin, Woke
from gateway.ingress.mailbox import DEAF_SWEEP
from gateway.ports import Receipt, Unavailable
from house import NOW, letter
from ingress.fake_imap import OLD, FakeServer, Post

EVE = letter("eve@attack.example", message_id="eve@attack.example")
MALFORMED = letter(more="X: y\r\n" * 2_001)


@pytest.fixture
def server():
    return FakeServer()


@pytest.fixture
def post(gateway, server):
    return Post(gateway, server)


async def test_each_goes_to_the_folder_of_its_disposition(post, server):
    """Accepted and discarded to Done, held to Held; folders are made; what failed stays, flagged."""
    for raw in (letter(), EVE, letter(), MALFORMED):
        server.add(raw)
    await post.read()
    assert (server.contents("Done"), server.contents("Held")) == ([letter(), letter()], [EVE])
    assert [(mail.octets, mail.flags) for mail in server.folders["INBOX"].values()] == [(MALFORMED, {r"\Flagged"})]
    assert [one["disposition"] for one in post.gateway.messages] == ["accept", "quarantine", "discard", "failed"]
    assert all(row["ok"] and not row["waiting"] for row in post.gateway.balance)


async def test_what_failed_is_not_taken_again(post, server):
    """It lies in the folder for years, and is one message."""
    server.add(MALFORMED)
    await post.read()
    await post.read()
    assert len(post.gateway.messages) == 1


async def test_what_hangs_is_a_stint_and_what_waits_for_its_time_is_none(post):
    """What the watchdog sees of a mailbox. A server that is away is no reason for a restart."""
    tried, hanging = asyncio.Event(), asyncio.Event()

    async def connect(_):
        tried.set()
        await hanging.wait()
        raise Gone("imap.example.it: refused")

    async def pause(_):
        waiting.append(box.stints)
        box._stop.set()

    waiting = []
    box = post.mailbox(connect=connect, pause=pause)
    serving = asyncio.create_task(box.serve())
    await tried.wait()
    (stuck,) = box.stints
    assert stuck.part == "assistenza"
    hanging.set()
    await serving
    assert waiting == [()]
    assert box.stints == ()


@pytest.mark.parametrize(
    ("fault", "do"),
    [
        (Gone("imap.example.it: Connection refused"), "start what should listen there"),
        (Refused("SELECT: the mailbox does not exist"), "see `gateway status`"),
    ],
)
async def test_a_failure_says_what_to_do(post, fault, do):
    """Of the kernel's words what they ask for; those of a server could be anything, and no advice is read off them."""

    async def connect(_):
        raise fault

    async def pause(_):
        box._stop.set()

    box = post.mailbox(connect=connect, pause=pause)
    with capture_logs() as logs:
        await box.serve()
    [failed] = [one for one in logs if one["event"] == "mailbox.failed"]
    assert failed["do"].startswith(do)


async def test_no_envelope_and_the_mailboxs_own_trust(post, server):
    """An IMAP server tells no reverse-path: the record says null, and evidence is the border's."""
    server.add(letter())
    await post.read()
    (found,) = post.gateway.messages
    assert (found["ingress"], found["reverse_path"], found["disposition"]) == ("assistenza", None, "accept")


async def test_what_a_person_has_read_is_taken_all_the_same(post, server):
    r"""`\Seen` changes nothing."""
    server.folders["INBOX"][server.add(letter())].flags.add(r"\Seen")
    await post.read()
    assert server.contents("Done") == [letter()]


async def test_a_large_mailbox_is_put_down_by_the_thousand(gateway, server):
    """start: all. Others wait for the ledger meanwhile, so no transaction has all of it."""
    for number in range(2_500):
        server.add(letter(message_id=f"{number}@x"))
    chunks, box = [], None

    class Ledger:
        def __getattr__(self, name):
            return getattr(gateway.store, name)

        async def see(self, folder, uids, sight, now):
            chunks.append(len(uids))
            if sum(chunks) == 2_500:
                box._stop.set()
            await gateway.store.see(folder, uids, sight, now)

    box = Post(gateway, server).mailbox(ledger=Ledger())
    await box.serve()
    assert chunks == [0, 1000, 1000, 500]
    assert [(row["waiting"], row["ok"]) for row in gateway.balance] == [(2_500, True)]


async def test_nothing_old_is_taken_unless_told(gateway, server):
    """start: new. What lies there at first sight stays, what comes then is taken."""
    post = Post(gateway, server, start="new")
    server.add(letter())
    await post.read()
    server.add(EVE)
    await post.read()
    assert (server.contents("INBOX"), server.contents("Held")) == ([letter()], [EVE])


async def test_a_date_divides_old_from_new(gateway, server):
    """start: a date. What came that day or later is taken."""
    post = Post(gateway, server, start=date(2026, 11, 22))
    server.add(letter())
    server.add(EVE, came=OLD)
    await post.read()
    assert (server.contents("INBOX"), server.contents("Done")) == ([EVE], [letter()])


async def test_a_mail_that_comes_amid_a_dated_first_sight_is_taken_once(gateway, server):
    """All are listed, and then those since the date: what comes between the two is above the mark."""
    post = Post(gateway, server, start=date(2026, 11, 22))
    server.add(letter())
    late = iter([EVE])

    async def connect(where, waits=None):
        driver = await server.connect(where)
        uids = driver.uids

        async def listed(first, since=None):
            found = await uids(first, since)
            if (raw := next(late, None)) is not None:
                server.add(raw)
            return found

        driver.uids = listed
        return driver

    await post.read(connect=connect)
    assert (server.contents("INBOX"), server.contents("Done"), server.contents("Held")) == ([], [letter()], [EVE])
    assert all(row["ok"] for row in gateway.balance)


async def test_renumbered_what_was_done_is_filed_again_and_not_taken_again(gateway, server):
    """UIDVALIDITY changed with a failed mail in place and a new one beside it: only the new one is a message."""
    post = Post(gateway, server)
    server.add(MALFORMED)
    await post.read()
    server.renumber()
    server.add(EVE)
    await post.read()
    assert [one["disposition"] for one in gateway.messages] == ["failed", "quarantine"]
    assert (server.contents("INBOX"), server.contents("Held")) == ([MALFORMED], [EVE])


async def test_renumbered_old_mail_stays_old(gateway, server):
    """50,000 old mails do not come in because the server has built its index anew."""
    post = Post(gateway, server, start="new")
    server.add(EVE, came=OLD)
    server.add(letter(), came=NOW)
    await post.read()
    server.renumber()
    await post.read()
    assert [one["subject"] for one in gateway.messages] == ["Il sito non risponde"]
    assert server.contents("INBOX") == [EVE]


async def test_renumbered_it_is_told_how_many_waited(gateway, server):
    """One that was dragged there with an old date, and was put off, is like all that is old: only a person can tell."""
    post = Post(gateway, server, start="new")
    server.add(letter())
    await post.read()
    server.add(EVE, came=OLD)

    async def receive(arrival):
        return Receipt(arrival.id, Defer("no answer from the DNS"))

    await post.read(receive=receive)
    server.renumber()
    with capture_logs() as logs:
        await post.read()
    assert [one["waited"] for one in logs if one["event"] == "mailbox.renumbered"] == [1]


def again(server, *raws):
    """Restored from an earlier state, or another mailbox: the numbers begin again, and UIDVALIDITY is as it was."""
    server.folders["INBOX"], server.next["INBOX"] = {}, 1
    for raw in raws:
        server.add(raw)


async def test_uids_that_begin_again_under_the_same_uidvalidity_hide_nothing(post, server):
    """UIDNEXT tells: what lies below the mark is taken once more, what is known by its content is not."""
    for raw in (MALFORMED, EVE, letter(message_id="2@x")):
        server.add(raw)
    await post.read()
    again(server, MALFORMED, letter())
    with capture_logs() as logs:
        await post.read()
    [told] = [one for one in logs if one["event"] == "mailbox.begun-again"]
    assert (told["log_level"], told["why"]) == ("error", "UID 3 was seen, UIDNEXT is 3")
    assert (server.contents("INBOX"), len(server.contents("Done"))) == ([MALFORMED], 2)
    assert len(post.gateway.messages) == 4
    assert all(row["ok"] for row in post.gateway.balance)


async def test_a_uidvalidity_that_comes_back_hides_nothing(post, server):
    """A, then B, then A once more, whose UIDNEXT alone would say nothing."""
    server.add(EVE)
    for uidvalidity, raws in ((7, []), (8, [letter(message_id="2@x")]), (7, [letter(), letter(message_id="3@x")])):
        server.uidvalidity = uidvalidity
        if raws:
            again(server, *raws)
        await post.read()
        post.clock.at += timedelta(minutes=1)
    await post.read()
    assert (server.contents("INBOX"), len(post.gateway.messages)) == ([], 4)


async def test_one_wrong_uid_in_a_search_hides_nothing(post, server):
    """It is not there when it is asked for, so the mark does not go up to it."""
    server.add(EVE)

    async def connect(where, waits=None):
        driver = await server.connect(where)
        uids = driver.uids

        async def listed(first, since=None):
            return *await uids(first, since), 2**32 - 1

        driver.uids = listed
        return driver

    await post.read(connect=connect)
    server.add(letter())
    await post.read(connect=connect)
    assert (server.contents("INBOX"), len(post.gateway.messages)) == ([], 2)
    assert all(row["ok"] for row in post.gateway.balance)


async def test_the_next_are_fetched_while_those_before_are_received(post, server):
    """Seventeen that say a mebibyte each are two parts: the second comes before the first is answered for."""
    fetched = asyncio.Event()
    server.on_fetch = lambda: fetched.set() if server.calls.count("fetch") > 1 else None
    for number in range(17):
        server.add(letter(message_id=f"{number}@rossi.example"), size=2**20)

    async def receive(arrival):
        await asyncio.wait_for(fetched.wait(), 30)
        return await post.gateway.receiver(arrival)

    await post.read(receive=receive)
    assert (server.contents("INBOX"), len(server.contents("Done"))) == ([], 17)


async def test_the_next_are_received_while_the_slowest_of_those_before_is_not_done(post, server):
    """Seventeen that say a mebibyte each are two parts: the last has its receipt before the first."""
    last, raws = asyncio.Event(), [letter(message_id=f"{number}@rossi.example") for number in range(17)]
    for raw in raws:
        server.add(raw, size=2**20)

    async def receive(arrival):
        if arrival.raw == raws[0]:
            await asyncio.wait_for(last.wait(), 30)
        elif arrival.raw == raws[-1]:
            last.set()
        return await post.gateway.receiver(arrival)

    await post.read(receive=receive)
    assert (server.contents("INBOX"), len(server.contents("Done"))) == ([], 17)


def three_parts(server):
    """48 mails that say a mebibyte each."""
    raws = [letter(message_id=f"{number}@rossi.example") for number in range(48)]
    for raw in raws:
        server.add(raw, size=2**20)
    return raws


async def test_told_to_stop_it_fetches_no_more_and_files_what_it_has(post, server):
    """A batch may be of 100 large mails: those of it that were not fetched are for the next reading."""
    three_parts(server)
    box = post.mailbox()

    async def receive(arrival):
        box._stop.set()
        return await post.gateway.receiver(arrival)

    box._world = replace(box._world, receive=receive)
    await box.serve()
    taken = len(post.gateway.messages)
    assert 16 <= taken <= 32
    assert (len(server.contents("INBOX")), len(server.contents("Done"))) == (48 - taken, taken)


@pytest.mark.parametrize("how", ["cancelled", "a fault"])
async def test_whatever_ends_it_with_two_parts_under_way_gives_the_memory_back(post, server, how):
    """And nothing is lost or taken twice: the next reading files what was committed, and takes what was not."""
    raws, both, taken = three_parts(server), asyncio.Event(), asyncio.Event()
    first, second = asyncio.Event(), asyncio.Event()

    def third():
        if server.calls.count("fetch") == 3:
            server.poison = {40}
            box._stop.set()
            second.set()  # heard after the fault

    async def receive(arrival):
        if arrival.raw == raws[3]:
            await first.wait()
        if arrival.raw == raws[20]:
            both.set()
            await second.wait()
        receipt = await post.gateway.receiver(arrival)
        if len(post.gateway.messages) == 30:  # all but the two that wait
            taken.set()
        return receipt

    server.on_fetch = third
    box = post.mailbox(receive=receive)
    task = asyncio.create_task(box.serve())
    await asyncio.wait_for(both.wait(), 30)
    if how == "a fault":
        first.set()
    else:
        await asyncio.wait_for(taken.wait(), 30)
        await box.drain(0)
    await asyncio.gather(task, return_exceptions=True)
    assert box._world.budget.bound.now == 0
    assert (len(post.gateway.messages), second.is_set()) == ((32, True) if how == "a fault" else (30, False))
    server.poison, server.on_fetch = set(), lambda: None
    await post.read()
    assert len(post.gateway.messages) == 48
    assert (server.contents("INBOX"), server.contents("Done")) == ([], sorted(raws))


async def test_a_mail_that_is_put_off_stays_and_stops_no_other(post, server):
    """I9: deferred for a reason of its own; the rest is taken, and it is tried again when its time has come."""
    server.add(EVE)
    server.add(letter())
    refused = iter(range(1))

    async def receive(arrival):
        if arrival.raw == EVE and next(refused, None) is not None:
            return Receipt(arrival.id, Defer("no answer from the DNS"))
        return await post.gateway.receiver(arrival)

    await post.read(receive=receive)
    assert (server.contents("INBOX"), server.contents("Done")) == ([EVE], [letter()])
    assert (post.board.last.unread, post.board.last.oldest_unread) == (1, NOW)
    assert "no answer from the DNS" in post.board.last.last_error
    post.clock.at += timedelta(minutes=1)
    await post.read(receive=receive)
    assert (server.contents("INBOX"), post.board.last.unread, post.board.last.last_error) == ([], 0, "")


async def test_a_mail_on_which_the_server_fails_is_found_and_rests(post, server):
    """The poisonous one ends connection after connection; everything else is taken, and it alone is left."""
    uids = [server.add(letter(subject=f"n {number}", message_id=f"{number}@x")) for number in range(8)]
    server.poison = {uids[3]}
    await post.read()
    assert list(server.folders["INBOX"]) == [uids[3]]
    assert len(post.gateway.messages) == 7
    assert f"UID {uids[3]} cannot be fetched" in post.board.last.last_error


@pytest.mark.parametrize(
    ("call", "words"), [("sizes", "of UID 1 the server told nothing"), ("fetch", "of UID 1 no octets came")]
)
async def test_a_mail_left_out_of_an_answer_rests(post, server, call, words):
    """It is there when it is asked for, so it is not taken for removed."""
    server.add(EVE)
    server.add(letter())
    left_out = iter([1])

    async def connect(where, waits=None):
        driver = await server.connect(where)
        honest = getattr(driver, call)

        async def forgetful(uids):
            found = await honest(uids)
            found.pop(next(left_out, None), None)
            return found

        setattr(driver, call, forgetful)
        return driver

    await post.read(connect=connect)
    assert (server.contents("INBOX"), server.contents("Done")) == ([EVE], [letter()])
    assert post.board.last.last_error == words
    post.clock.at += timedelta(minutes=1)
    await post.read(connect=connect)
    assert (server.contents("INBOX"), server.contents("Held")) == ([], [EVE])


async def test_a_mail_that_somebody_removes_is_told_of(post, server):
    """Before it could be taken in: a line, and nothing to wait for."""
    server.add(EVE)
    server.faults["sizes"] = [Gone("cut")]

    async def pause(seconds):
        server.folders["INBOX"].clear()

    with capture_logs() as logs:
        await post.read(pause=pause)
    assert [one["uids"] for one in logs if one["event"] == "mailbox.gone"] == [[1]]
    assert (post.board.last.unread, post.board.last.last_error) == (0, "")


async def test_a_fault_of_ours_at_one_mail_stops_no_other(post, server):
    """It is told with its traceback, and the mail rests; tried again, it is taken."""
    server.add(EVE)
    server.add(letter())
    fault = ValueError("which nobody foresaw")

    async def receive(arrival):
        if arrival.raw == EVE:
            raise fault
        return await post.gateway.receiver(arrival)

    with capture_logs() as logs:
        await post.read(receive=receive)
    [told] = [one for one in logs if one["event"] == "mailbox.fault"]
    assert (told["log_level"], told["uid"], told["exc_info"]) == ("error", 1, fault)
    assert (server.contents("INBOX"), server.contents("Done")) == ([EVE], [letter()])
    assert post.board.last.last_error == "UID 1 meets a fault of ours: ValueError"
    await post.read()
    assert (server.contents("INBOX"), server.contents("Held")) == ([], [EVE])


async def test_a_fault_of_ours_in_one_mailbox_is_waited_out(post, server):
    """As long as for a refusal; the daemon, and every other mailbox, goes on."""
    server.faults["select"] = [OverflowError("which nobody foresaw")]
    server.add(letter())
    with capture_logs() as logs:
        await post.read()
    assert [one["again_in"] for one in logs if one["event"] == "mailbox.fault"] == [300]
    assert post.board.told[0].last_error == "a fault of ours, told in the log: OverflowError"
    assert (server.contents("Done"), post.board.last.last_error) == ([letter()], "")


async def test_a_mail_that_was_taken_by_the_reading_before_is_no_end(post, server):
    """A reading was cancelled while its commit waited in the queue: the mail is found taken, and filed."""
    server.add(letter())

    async def receive(arrival):
        await post.gateway.receiver(arrival)
        return await post.gateway.receiver(replace(arrival, id="M9000000"))

    await post.read(receive=receive)
    assert server.contents("INBOX") == [letter()]
    post.clock.at += timedelta(minutes=1)
    await post.read()
    assert (server.contents("Done"), len(post.gateway.messages)) == ([letter()], 1)


BYE = Gone("the server went away")
NO = Refused("NO [SERVERBUG] not this one", "SERVERBUG")


@pytest.mark.parametrize("fault", [BYE, NO], ids=["hangs up", "NO"])
@pytest.mark.parametrize(
    ("call", "words"),
    [
        ("sizes", "UID 4 cannot be looked at"),
        ("fetch", "UID 4 cannot be fetched"),
        ("move", "UID 4 cannot be moved to Done"),
    ],
)
async def test_whatever_the_server_fails_on_with_one_mail_stops_no_other(post, server, call, words, fault):
    """It alone rests, and what comes later is taken. After a NO the connection is good for the others."""
    uids = [server.add(letter(message_id=f"{number}@x")) for number in range(8)]
    server.stumbles[call] = {uids[3]: fault}
    await post.read()
    server.add(EVE)
    await post.read()
    assert (list(server.folders["INBOX"]), server.contents("Held")) == ([uids[3]], [EVE])
    assert len(post.gateway.messages) == (9 if call == "move" else 8)
    assert words in post.board.last.last_error
    assert post.board.last.unread == (0 if call == "move" else 1)
    if fault is NO:
        assert post.clock.waits == []


async def test_a_mail_too_large_on_whose_flag_the_server_hangs_up_stops_no_other(gateway, server):
    """It is flagged as a courtesy; what the server does then is no reason to stop."""
    server.add(letter(), size=5000)
    server.add(EVE)
    server.stumbles["flag"] = {1: BYE}
    await Post(gateway, server, limit=1000).read()
    assert (list(server.folders["INBOX"]), server.contents("Held")) == ([1], [EVE])


async def test_many_that_end_the_connection_keep_nothing_back_for_long(post, server):
    """Thirty of them before three good ones: each costs one connection, and the wait for the next does not grow."""
    server.stumbles["fetch"] = {server.add(letter(message_id=f"p{number}@x")): BYE for number in range(30)}
    for number in range(3):
        server.add(letter(message_id=f"{number}@x"))
    await post.read()
    assert len(post.gateway.messages) == 3
    assert max(post.clock.waits) <= 4


async def test_a_mail_that_is_too_large_is_not_fetched_and_stays_flagged(gateway, server):
    """By its RFC822.SIZE, or by its octets where that was a lie; a raised bound takes it."""
    post = Post(gateway, server, limit=1000)
    server.add(EVE, size=5000)
    server.add(letter(text="x" * 3000), size=10)
    await post.read()
    assert [mail.flags for mail in server.folders["INBOX"].values()] == [{r"\Flagged"}] * 2
    assert [(row["received"], row["stays"], row["ok"]) for row in gateway.balance] == [(0, 2, True)]
    await Post(gateway, server).read()
    assert (server.contents("INBOX"), len(gateway.messages)) == ([], 2)


async def test_a_mail_too_large_by_its_octets_is_fetched_once(gateway, server):
    """And told of once, however often the mailbox is looked at."""
    server.add(letter(text="x" * 3000), size=10)
    with capture_logs() as logs:
        await Post(gateway, server, limit=1000).read(looks=5)
    assert server.calls.count("fetch") == 1
    assert [one["uids"] for one in logs if one["event"] == "mailbox.too-large"] == [[1]]


async def test_a_full_folder_loses_nothing_and_is_told(post, server):
    """Over quota: taken in, left where it is, not taken in again; moved when there is room."""
    server.add(letter())
    server.faults["move"] = [OverQuota("OVERQUOTA")]
    await post.read()
    assert (server.contents("INBOX"), len(post.gateway.messages)) == ([letter()], 1)
    assert "UID 1 cannot be moved to Done: OVERQUOTA" in post.board.last.last_error
    post.clock.at += timedelta(minutes=1)
    await post.read()
    assert (server.contents("Done"), len(post.gateway.messages)) == ([letter()], 1)


async def test_a_server_that_cannot_move_has_it_flagged(gateway):
    """Neither MOVE nor UIDPLUS: left in place with our keyword, and done."""
    server = FakeServer(move=False)
    server.add(letter())
    await Post(gateway, server).read()
    (mail,) = server.folders["INBOX"].values()
    assert mail.flags == {"$GatewayAccept"}


@pytest.mark.parametrize("when", ["copied", "before"])
async def test_a_move_that_was_cut_in_two_is_finished(gateway, when):
    """Without MOVE, ended between COPY and EXPUNGE, or before: one copy lies there, known by its octets, not its ID."""
    server = FakeServer(move=False, uidplus=True)
    post = Post(gateway, server)
    server.add(letter(text="Buonasera!!"), folder="Done")
    server.add(letter())

    def cut():
        server.on_copied = lambda: None
        raise Gone("cut")

    server.on_copied = cut
    if when == "before":
        server.faults["move"] = [Gone("cut")]
        server.on_copied = lambda: None
    await post.read(looks=2)
    assert server.contents("INBOX") == []
    assert server.contents("Done") == sorted([letter(), letter(text="Buonasera!!")])
    assert [row["ok"] for row in gateway.balance] == [True]


async def test_a_target_that_nobody_may_read_stops_no_mail(gateway):
    """Mending looks into the target: where it may not, the mail is copied once more, rather than not at all."""
    server = FakeServer(move=False, uidplus=True)
    server.add(letter())
    server.faults["move"] = [Gone("cut")]
    server.faults["select"] = [None, None, Refused("NOPERM")]
    await Post(gateway, server).read()
    assert (server.contents("INBOX"), server.contents("Done")) == ([], [letter()])


async def test_news_while_the_target_was_open_are_looked_for(gateway):
    """What comes while a cut move is mended is told to nobody: it is taken before the next wait."""
    server = FakeServer(move=False, uidplus=True)
    server.add(letter())
    server.faults["move"] = [Gone("cut")]
    post = Post(gateway, server)

    async def connect(where, waits=None):
        driver = await server.connect(where)
        remove = driver.remove

        async def removed(uids):
            server.add(EVE)
            await remove(uids)

        driver.remove = removed
        return driver

    await post.read(connect=connect)
    assert (server.contents("INBOX"), server.contents("Held")) == ([], [EVE])


async def test_sizes_that_are_not_true_are_told_once(post, server):
    """One line for a batch: which UIDs, what RFC822.SIZE said, what came. The mail is taken as it came."""
    server.add(letter(), size=len(letter()) + 7)
    server.add(EVE, size=len(EVE))
    with capture_logs() as told:
        await post.read()
    (line,) = [one for one in told if one["event"] == "mailbox.size-differs"]
    assert (line["mails"], line["uid_said_came"]) == (1, [(1, len(letter()) + 7, len(letter()))])
    assert (server.contents("Done"), server.contents("Held")) == ([letter()], [EVE])


async def test_filing_by_flag_moves_nothing(gateway, server):
    """filing: flag."""
    server.add(EVE)
    await Post(gateway, server, filing="flag").read()
    assert [mail.flags for mail in server.folders["INBOX"].values()] == [{"$GatewayQuarantine"}]
    assert "move" not in server.calls


async def test_a_lost_connection_is_tried_again_with_growing_waits(post, server):
    """2, 4, 8 seconds, and from the beginning after a success."""
    server.faults["connect"] = [Gone("refused")] * 3
    server.add(letter())
    await post.read()
    assert post.clock.waits == [2, 4, 8]
    assert post.board.told[0].last_error == "Gone: refused"
    assert (server.contents("Done"), post.board.last.last_error) == ([letter()], "")


async def test_a_refused_idle_is_waited_out_on_the_same_connection(post, server):
    """IDLE is offered, and NO is said to it: the sweep looks, and nobody signs in anew."""
    server.faults["idle"] = [Refused("not now")] * 3
    await post.read()
    assert (post.clock.waits, server.calls.count("login")) == ([300, 300, 300], 1)


async def test_a_server_that_hangs_up_after_each_look_is_left_alone_for_longer(post, server):
    """2, 4, 8 seconds: that a look ended well is not enough."""
    server.faults["idle"] = [BYE] * 3
    await post.read()
    assert post.clock.waits == [2, 4, 8]


async def test_a_server_that_ends_a_long_idle_is_asked_again_at_once(post, server):
    """Some do after some minutes, each time: that is no failure that adds up."""
    ends = iter(range(3))

    def idle():
        if next(ends, None) is None:
            box._stop.set()
            return Woke.CHANGE
        post.clock.at += timedelta(minutes=5)
        raise BYE

    box = post.mailbox()
    server.on_idle = idle
    await box.serve()
    assert post.clock.waits == [2, 2, 2]


async def test_a_refused_login_waits_long_and_is_an_alarm(post, server):
    """Who insists is locked out: 5 minutes first, and status says that only an operator can mend it."""
    server.faults["login"] = [RefusedLogin("AUTHENTICATIONFAILED")]
    await post.read()
    assert post.clock.waits == [300]
    first = post.board.told[0]
    assert (first.hopeless, first.stuck(NOW), first.last_error) == (True, True, "RefusedLogin: AUTHENTICATIONFAILED")


async def test_a_folder_that_is_gone_is_a_state_with_words(post, server):
    """Renamed or removed on the server: nothing is made in its place, the next try is told."""
    server.faults["select"] = [Refused("NONEXISTENT INBOX")]
    await post.read()
    assert post.board.told[0].last_error == "Refused: NONEXISTENT INBOX"
    assert post.board.told[0].next_try == NOW + timedelta(seconds=2)


async def test_a_database_that_is_away_is_waited_for(post, server, gateway):
    """Nothing is moved that is not written down."""
    server.add(letter())
    refused = iter(range(1))

    class Ledger:
        def __getattr__(self, name):
            return getattr(gateway.store, name)

        async def see(self, *given):
            if next(refused, None) is not None:
                raise Unavailable("database is locked")
            await gateway.store.see(*given)

    await post.read(ledger=Ledger())
    assert post.board.told[0].last_error == "Unavailable: database is locked"
    assert server.contents("Done") == [letter()]


async def test_mail_stays_where_it_is_while_the_disk_has_no_room(post, server):
    """It is not fetched; the mailbox says why, and goes on by itself."""
    server.add(letter())
    short = iter(["/var: 3 MiB are free"])
    await post.read(short=lambda: next(short, ""))
    assert post.board.told[0].last_error == "Unavailable: /var: 3 MiB are free"
    assert server.contents("Done") == [letter()]


async def test_a_deaf_connection_is_noticed_and_swept(post, server):
    """IDLE was silent and the sweep found mail: from then on this connection is looked at every half minute."""
    mail = iter([letter()])
    box = post.mailbox()

    def idle():
        if (raw := next(mail, None)) is not None:
            server.add(raw)
        return Woke.TIME

    async def pause(seconds):
        post.clock.waits.append(seconds)
        box._stop.set()

    server.on_idle, box._pause = idle, pause
    await box.serve()
    assert (server.contents("Done"), post.clock.waits) == ([letter()], [DEAF_SWEEP])


async def test_without_idle_the_sweep_looks(gateway):
    """A server without IDLE is looked at every five minutes."""
    server = FakeServer(idle=False)
    post = Post(gateway, server)
    box = post.mailbox()

    async def pause(seconds):
        await post.clock.pause(seconds)
        server.add(letter())
        if len(post.clock.waits) > 1:
            box._stop.set()

    box._pause = pause
    await box.serve()
    assert post.clock.waits == [300, 300]


async def test_drained_it_ends_at_once_where_it_waits(post, server):
    """SIGTERM while idling: no grace is needed."""
    box = post.mailbox()
    idling, never = asyncio.Event(), asyncio.Event()

    async def connect(_server, waits=None):
        driver = await server.connect(_server)

        async def idle(seconds):
            idling.set()
            await never.wait()

        driver.idle = idle
        return driver

    box._connect = connect
    task = asyncio.create_task(box.serve())
    await idling.wait()
    await box.drain(20)
    assert task.done()


def test_the_deaf_sweep_is_not_longer_than_the_sweep(post):
    """A configured sweep of a few seconds is not stretched."""
    assert replace(post.mailbox()._settings, sweep=5).sweep < DEAF_SWEEP
