"""Confirmation through the primary: who is asked about what is held, and whose answer counts (threats rule 9)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes

import pytest
from sqlalchemy import update

from gateway.core.address import Address
from gateway.core.case import Override
from gateway.core.confirmation import OPEN_FOR, PER_DAY, Asking, word
from gateway.core.expression import compile_condition
from gateway.core.facts import SCHEMA
from gateway.core.letter import Letterhead
from gateway.core.policy import Policy
from gateway.core.reason import Disposition, Reason
from gateway.core.reply import Failed, Kind, address
from gateway.core.rule import Hold, Refusal, Rule
from gateway.core.verdict import Defer
from gateway.ports import Unavailable
from gateway.store import book, confirmations, erase, letters, quarantine, retention
from gateway.store import tables as t
from house import NOW, ROSSI, UNLIMITED, letter

HEAD = Letterhead(
    "gateway.example.it", "Assistenza", Address("support", "example.it"), Address("bounces", "example.it")
)
PRIMARY = "amministrazione@rossi.example"
LATER = NOW + timedelta(days=1)
WITH_CONFIRM = Refusal(Disposition.QUARANTINE, Hold(confirm=True))


def policy(condition='reason == "unauthenticated"', asking=Asking.EACH, stop=WITH_CONFIRM):
    rule = Rule("own", "own.yaml:3", compile_condition(condition, SCHEMA), stop)
    return Policy(rules=(rule,), digest="d", confirmation=asking, limits=UNLIMITED)


@pytest.fixture
def asking(gateway):
    """A gateway that asks about each message that is not proved."""
    return gateway.ruled(policy())


def forged(number=0, **said):
    return letter(dmarc="fail", message_id=f"forged{number}@rossi.example", **said)


def questions(gateway):
    """The letters that ask, as they would go out now."""
    due = gateway.database.read(lambda c: letters.due(c, LATER, 100))
    asked = [one.reply for one in due if one.reply.kind is Kind.CONFIRM]
    return [address(one, gateway.account(ROSSI), HEAD, gateway.keys, NOW) for one in asked]


def reply_to(question, text="CONFERMO", author=PRIMARY, **said):
    """What a mail program makes of a question: its reply address, and a letter that continues it."""
    asked = message_from_bytes(question.data)
    thread = f"In-Reply-To: {asked['Message-ID']}\r\nReferences: {asked['Message-ID']}\r\n"
    more = thread + said.pop("more", "")
    number = said.pop("number", 0)
    raw = letter(author, text=text, message_id=f"re{number}@rossi.example", more=more, subject="Re:", **said)
    return raw, (asked["Reply-To"],)


async def answer(gateway, question, text="CONFERMO", author=PRIMARY, **said):
    raw, to = reply_to(question, text, author, **said)
    return await gateway.receive(raw, reverse_path=author, forward_paths=to)


def fate(gateway, receipt):
    found = gateway.message(receipt.id)
    return found["disposition"], found["reason"]


def state(gateway, receipt, now=LATER):
    return gateway.database.read(lambda c: confirmations.of_message(c, receipt.id, now))["state"]


def set_primary(gateway, text):
    gateway.database.write(lambda c: book.set_primary(c, ROSSI, Address.parse(text), now=NOW, by="ops"))


HELD = ("quarantine", "unauthenticated")


async def test_the_primary_is_asked_and_nobody_else(asking):
    """I1, I5: one letter, to the account's primary, of no ticket; its answer comes back to an address of its own."""
    await asking.receive(forged())
    (row,) = asking.outbox
    assert (row["kind"], row["account"], row["ticket"]) == ("confirm", ROSSI, None)
    (question,) = questions(asking)
    assert str(question.forward_path) == PRIMARY
    assert message_from_bytes(question.data)["Reply-To"].startswith("support+")
    assert asking.tickets == []


@pytest.mark.parametrize(("text", "author"), [("CONFERMO", "tecnico@rossi.example"), ("confirm.", PRIMARY)])
async def test_what_the_primary_confirms_is_let_in(asking, text, author):
    """By the same door as any, with the primary's word as what was taken on; the answer itself opens no ticket."""
    held = await asking.receive(forged(author=author))
    (question,) = questions(asking)
    said = await answer(asking, question, text)
    assert fate(asking, held) == ("accept", "registered")
    assert fate(asking, said) == ("discard", "confirmation")
    assert [(one["ref"], one["account"]) for one in asking.tickets] == [(asking.message(held.id)["ticket"], ROSSI)]
    assert asking.message(held.id)["overrides"] == ["unauthenticated"]
    assert [row["kind"] for row in asking.outbox] == ["confirm", "opened"]
    acts = [(one["by"], one["action"], one["subject"]) for one in asking.audit]
    who = f"the primary of {ROSSI}"
    assert acts == [(who, "confirmation.confirmed", held.id), (who, "quarantine.release", held.id)]
    assert all(row["ok"] for row in asking.balance)


@pytest.mark.parametrize("text", ["NON SONO STATO IO", "Non sono stata io.\r\n\r\nSaluti", "\r\nnot me!"])
async def test_what_the_primary_denies_is_rejected_and_counted(asking, text):
    """Nobody is told (I5); the account's record says how often somebody wrote as them."""
    held = await asking.receive(forged())
    await answer(asking, questions(asking)[0], text)
    assert asking.message(held.id)["disposition"] == "reject"
    assert state(asking, held) == "denied"
    [account] = asking.database.read(lambda c: list(book.records(c, ROSSI)))
    assert account["impersonations"] == 1
    assert [one["action"] for one in asking.audit] == ["confirmation.denied", "quarantine.reject"]
    assert [row["kind"] for row in asking.outbox] == ["confirm"]


@pytest.mark.parametrize("text", ["Chi ha scritto?", "non CONFERMO", "Ok\r\nCONFERMO", "> CONFERMO", "CONFERMO tutto"])
async def test_any_other_word_leaves_it_held_and_is_for_staff(asking, text):
    """It goes the way of all mail of a customer's: into a ticket, where it is read."""
    held = await asking.receive(forged())
    said = await answer(asking, questions(asking)[0], text)
    assert fate(asking, held) == HELD
    assert fate(asking, said) == ("accept", "registered")
    assert state(asking, held) == "open"


async def test_a_confirmation_without_evidence_does_nothing(asking):
    """Who can forge the primary could else confirm a forgery. Nor does it raise another question."""
    held = await asking.receive(forged())
    said = await answer(asking, questions(asking)[0], dmarc="fail")
    assert (fate(asking, held), fate(asking, said)) == (HELD, HELD)
    assert len(questions(asking)) == 1


@pytest.mark.parametrize("author", ["tecnico@rossi.example", "eve@attack.example", "office@smith.example"])
async def test_the_token_is_worth_nothing_to_anybody_else(asking, author):
    """A letter that was forwarded: not to another address of the account, nor to another's primary, proved or not."""
    held = await asking.receive(forged())
    await answer(asking, questions(asking)[0], author=author)
    assert fate(asking, held) == HELD
    assert state(asking, held) == "open"


async def test_a_guess_is_worth_nothing(asking):
    """128 bits, bound to the question: the reference alone, or another token, finds none."""
    held = await asking.receive(forged())
    (question,) = questions(asking)
    address_, domain = message_from_bytes(question.data)["Reply-To"].split("@")
    reference, token = address_.removeprefix("support+").split(".")
    near = f"{reference}.{token[:-1]}{'b' if token.endswith('a') else 'a'}"
    for number, guess in enumerate((f"{reference}.{'a' * 26}", near, token)):
        raw = letter(PRIMARY, text="CONFERMO", message_id=f"g{number}@rossi.example")
        await asking.receive(raw, reverse_path=PRIMARY, forward_paths=(f"support+{guess}@{domain}",))
    assert fate(asking, held) == HELD


async def test_a_replay_changes_nothing(asking):
    """Used once: the same answer again is a duplicate, one like it is filed beside it, and neither opens a ticket."""
    held = await asking.receive(forged())
    (question,) = questions(asking)
    await answer(asking, question)
    again = await answer(asking, question)
    like = await answer(asking, question, number=1)
    assert (fate(asking, again), fate(asking, like)) == (("discard", "duplicate"), ("discard", "confirmation"))
    assert len(asking.tickets) == 1
    assert len([one for one in asking.audit if one["subject"] == held.id]) == 2


async def test_a_second_thought_is_for_staff(asking):
    """What was confirmed is not undone by mail; the customer is read."""
    held = await asking.receive(forged())
    (question,) = questions(asking)
    await answer(asking, question)
    said = await answer(asking, question, "NOT ME", number=1)
    assert (fate(asking, held)[0], fate(asking, said)[0]) == ("accept", "accept")


async def test_a_question_expires(asking):
    """After its end the token finds nothing, and staff read what came too late."""
    held = await asking.receive(forged())
    raw, to = reply_to(questions(asking)[0])
    late = replace(asking.arrival(raw, reverse_path=PRIMARY, forward_paths=to), at=NOW + OPEN_FOR + timedelta(hours=1))
    said = await asking.receiver(late)
    assert (fate(asking, held), fate(asking, said)[0]) == (HELD, "accept")
    assert state(asking, held, late.at) == "expired"


async def test_each_of_two_messages_has_its_own_token(asking):
    """An answer to one does nothing to the other."""
    first, second = await asking.receive(forged(1)), await asking.receive(forged(2))
    await answer(asking, questions(asking)[1])
    assert (fate(asking, first), fate(asking, second)[0]) == (HELD, "accept")


async def test_an_answer_that_continues_another_letter_answers_neither(asking):
    """The envelope is not signed: the answer to one question, sent again to the address of another, is no answer."""
    first, second = await asking.receive(forged(1)), await asking.receive(forged(2))
    one, other = questions(asking)
    raw, _ = reply_to(one)
    _, to = reply_to(other)
    await asking.receive(raw, reverse_path=PRIMARY, forward_paths=to)
    assert (fate(asking, first), fate(asking, second)) == (HELD, HELD)


async def test_without_an_envelope_the_thread_is_enough(asking):
    """A mailbox that is polled has no plus-address: the letter's own Message-ID carries the token as well."""
    held = await asking.receive(forged())
    raw, _ = reply_to(questions(asking)[0])
    await asking.receiver(replace(asking.arrival(raw), envelope=None))
    assert fate(asking, held)[0] == "accept"


async def test_after_a_change_of_primary_the_old_one_is_nobody(asking):
    """R7: neither the former primary nor its token; and the new one has a token only of a letter of its own."""
    held = await asking.receive(forged())
    (old,) = questions(asking)
    set_primary(asking, "nuovo@rossi.example")
    await answer(asking, old)
    await answer(asking, old, author="nuovo@rossi.example", number=1)
    assert fate(asking, held) == HELD
    (new,) = questions(asking)  # as dispatch would write it now
    assert str(new.forward_path) == "nuovo@rossi.example"
    await answer(asking, new, author="nuovo@rossi.example", number=2)
    assert fate(asking, held)[0] == "accept"


async def test_a_change_of_primary_while_it_is_decided_stops_the_answer(asking):
    """Between the look-up and the commit: nothing of the answer is done, and the question stays open."""
    held = await asking.receive(forged())
    raw, to = reply_to(questions(asking)[0])
    arrival = asking.arrival(raw, reverse_path=PRIMARY, forward_paths=to)
    record = await asking.receiver._answering(await asking.receiver.examine(arrival))
    set_primary(asking, "nuovo@rossi.example")
    recorded = await asking.store.record(record)
    assert (recorded.answered, fate(asking, held), state(asking, held)) == (False, HELD, "open")


async def test_two_answers_at_once_do_it_once(asking):
    """The state of the row decides in the one transaction, not the look-up before."""
    held = await asking.receive(forged())
    (question,) = questions(asking)
    records = []
    for number, text in enumerate(("CONFERMO", "NON SONO STATO IO")):
        raw, to = reply_to(question, text, number=number)
        arrival = asking.arrival(raw, reverse_path=PRIMARY, forward_paths=to)
        records.append(await asking.receiver._answering(await asking.receiver.examine(arrival)))
    done = [(await asking.store.record(record)).answered for record in records]
    assert (done, fate(asking, held)[0]) == ([True, False], "accept")


@pytest.mark.parametrize("status", ["closed", "suspended"])
async def test_an_account_that_is_closed_meanwhile_confirms_nothing(asking, status):
    """Good standing is asked for at the door, and before it."""
    held = await asking.receive(forged())
    (question,) = questions(asking)
    asking.database.write(lambda c: c.execute(update(t.account).where(t.account.c.code == ROSSI).values(status=status)))
    await answer(asking, question)
    assert fate(asking, held) == HELD
    assert asking.tickets == []


async def test_an_erased_account_confirms_nothing(asking):
    """What was held went with it, and the question's letter says nothing any more."""
    held = await asking.receive(forged())
    (question,) = questions(asking)
    asking.database.write(lambda c: erase.erase(c, ROSSI, now=NOW, by="ops"))
    await answer(asking, question)
    assert asking.message(held.id)["disposition"] == "discard"
    assert [row["state"] for row in asking.outbox] == ["cancelled"]
    assert asking.tickets == []


def purge(connection, message_id, *, now, by):
    """As `quarantine.reject` is called."""
    quarantine.purge(connection, [message_id], now=now, by=by)


async def release(gateway, receipt):
    """By staff, against what it is held for."""
    override = Override("anna", frozenset({Reason.UNAUTHENTICATED}))
    held = await gateway.store.held(receipt.id)
    record = await gateway.receiver.examine(held.arrival, override)
    gateway.database.write(lambda c: quarantine.release(c, record, override, letters.Limits(), LATER))


async def let_go(gateway, receipt, judged):
    """A person's word, or the end of its time."""
    if judged is release:
        await release(gateway, receipt)
    elif judged is retention:
        gateway.database.write(lambda c: retention.let_go(c, [receipt.id], retention.EXPIRED))
    else:
        gateway.database.write(lambda c: judged(c, receipt.id, now=NOW, by="anna"))


JUDGED = [quarantine.reject, purge, release, retention]


@pytest.mark.parametrize("judged", JUDGED)
async def test_nobody_is_asked_about_what_was_judged_meanwhile(asking, judged):
    """The letter that waits goes with it; that of another message stays."""
    held = await asking.receive(forged())
    await asking.receive(forged(1))
    await let_go(asking, held, judged)
    asked = [row["state"] for row in asking.outbox if row["kind"] == "confirm"]
    assert (asked, len(questions(asking))) == (["cancelled", "due"], 1)


@pytest.mark.parametrize("judged", JUDGED)
async def test_what_a_person_has_judged_meanwhile_stays_judged(asking, judged):
    """An answer that says otherwise is for staff; one that says the same is filed as such."""
    held = await asking.receive(forged())
    (question,) = questions(asking)
    await let_go(asking, held, judged)
    before, tickets = fate(asking, held), len(asking.tickets)
    same, other = ("CONFERMO", "NOT ME") if judged is release else ("NOT ME", "CONFERMO")
    said = await answer(asking, question, other)
    assert (fate(asking, said)[0], len(asking.tickets)) == ("accept", tickets + 1)
    assert state(asking, held) == "open"
    said = await answer(asking, question, same, number=1)
    assert (fate(asking, said), len(asking.tickets)) == (("discard", "confirmation"), tickets + 1)
    assert fate(asking, held) == before
    assert state(asking, held) == word(same)


async def test_what_is_judged_while_its_answer_is_has_the_answer_decided_anew(asking):
    """Between the look-up and the commit: the primary's word does not vanish."""
    held = await asking.receive(forged())
    raw, to = reply_to(questions(asking)[0])
    arrival = asking.arrival(raw, reverse_path=PRIMARY, forward_paths=to)
    record = await asking.receiver._answering(await asking.receiver.examine(arrival))
    asking.database.write(lambda c: quarantine.reject(c, held.id, now=NOW, by="anna"))
    with pytest.raises(Unavailable, match="was judged while its answer was"):
        await asking.store.record(record)
    assert (len(asking.messages), state(asking, held)) == (1, "open")
    assert fate(asking, await asking.receiver(arrival))[0] == "accept"


async def test_a_letter_that_comes_back_leaves_it_held(asking):
    """R6: nobody else is asked instead."""
    held = await asking.receive(forged())
    [due] = asking.database.read(lambda c: letters.due(c, LATER, 9))
    (question,) = questions(asking)
    asking.database.write(
        lambda c: letters.settle(c, due, question, Failed("550 5.1.1", hard=True), at=NOW, next_attempt=None)
    )
    assert (fate(asking, held), questions(asking)) == (HELD, [])
    assert [row["state"] for row in asking.outbox] == ["failed"]


async def test_a_program_confirms_nothing(asking):
    """A holiday notice that repeats our words is no word of the primary's."""
    held = await asking.receive(forged())
    said = await answer(asking, questions(asking)[0], more="Auto-Submitted: auto-replied\r\n")
    assert (fate(asking, held), fate(asking, said)) == (HELD, ("quarantine", "auto-response"))


async def test_a_flood_of_forgeries_makes_few_letters(asking):
    """I6: at most so many a day for an account, and the next day again."""
    for number in range(PER_DAY + 4):
        await asking.receive(forged(number))
    assert len(questions(asking)) == PER_DAY
    await asking.receiver(replace(asking.arrival(forged(99)), at=NOW + timedelta(days=2)))
    due = asking.database.read(lambda c: letters.due(c, NOW + timedelta(days=3), 100))
    assert len(due) == PER_DAY + 1


async def test_by_digest_one_question_waits_at_a_time(gateway):
    """The next one is asked when it is answered, has expired, or is not sent any more."""
    ruled = gateway.ruled(policy(asking=Asking.DIGEST))
    await ruled.receive(forged(1))
    await ruled.receive(forged(2))
    (question,) = questions(ruled)
    await answer(ruled, question, "NOT ME")
    third = await ruled.receive(forged(3))
    await ruled.receive(forged(4))
    assert len(questions(ruled)) == 1
    await let_go(ruled, third, quarantine.reject)
    await ruled.receive(forged(5))
    assert (len(questions(ruled)), len(ruled.outbox)) == (1, 3)


async def test_nobody_is_asked_while_it_is_off(gateway):
    """It is off when a policy says nothing of it, whatever its rules say."""
    await gateway.ruled(policy(asking=Asking.OFF)).receive(forged())
    assert gateway.outbox == []


@pytest.mark.parametrize(
    ("author", "more"),
    [
        ("eve@attack.example", ""),  # nobody's
        ("ufficio@studio.example", ""),  # on two accounts
        ("posta@verdi.example", ""),  # suspended
        (PRIMARY, "Auto-Submitted: auto-generated\r\n"),  # a program's
    ],
)
async def test_who_is_not_asked(gateway, author, more):
    """One account in good standing, and what a person may have written."""
    await gateway.ruled(policy("true")).receive(forged(author=author, more=more))
    assert gateway.outbox == []


async def test_what_a_rule_holds_of_a_proved_author_may_be_confirmed(gateway):
    """Proof of a domain at a shared provider is not proof of a mailbox (threats rule 8)."""
    ruled = gateway.ruled(policy('reason == "registered" && subject.contains("DNS")'))
    held = await ruled.receive(letter(subject="DNS"))
    assert fate(ruled, held) == ("quarantine", "policy")
    await answer(ruled, questions(ruled)[0])
    assert fate(ruled, held) == ("accept", "registered")


async def test_the_primary_opens_no_other_door(asking):
    """I2, R3: what names another account's ticket stays held, confirmed or not: `authorize()` decides."""
    foreign = await asking.receive(letter("john@smith.example", message_id="s@smith.example"))
    held = await asking.receive(forged(subject=f"[#{foreign.ticket}]"))
    await answer(asking, questions(asking)[0])
    assert fate(asking, held) == ("quarantine", "ticket-of-another-account")
    assert [one["account"] for one in asking.tickets] == ["SMITH-001"]


class Away:
    """Own checks that cannot be made."""

    async def check(self, arrival, message):
        raise Unavailable("the nameserver is away")


async def test_when_it_cannot_be_decided_now_the_answer_comes_again(asking):
    """I9: the answer and what it does are committed together, or neither is; a kill between finds nothing half done."""
    held = await asking.receive(letter(dmarc="", message_id="f@rossi.example"))
    raw, to = reply_to(questions(asking)[0])
    away = asking.examining(authenticator=Away()).receiver
    arrival = asking.arrival(raw, reverse_path=PRIMARY, forward_paths=to)
    assert isinstance((await away(arrival)).verdict, Defer)
    assert (fate(asking, held), state(asking, held), len(asking.messages)) == (HELD, "open", 1)
    await asking.receiver(arrival)
    assert fate(asking, held)[0] == "accept"


async def test_the_letter_of_a_secondary_says_so_and_names_no_address(asking):
    """All that is told of the message is when it came, and whether it claims to be the primary's."""
    await asking.receive(forged())
    text = message_from_bytes(questions(asking)[0].data).get_payload(decode=True).decode()
    assert "da un altro degli indirizzi registrati" in text
    assert "tecnico" not in text
    assert "2026-11-22 12:00 UTC" in text


def test_the_words_of_an_answer():
    """R12: a whole first line, in both languages, whatever its case."""
    assert [word(one) for one in ("Confermo", "\n  CONFIRM! \nciao", "Not me", "confermo?", "")] == [
        "confirmed",
        "confirmed",
        "denied",
        None,
        None,
    ]


def test_the_reason_is_fixed():
    """No policy may keep the primary's word from what it is about."""
    assert Policy().choice(Reason.CONFIRMATION) == (Disposition.DISCARD, "built-in")
