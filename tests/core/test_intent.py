"""Intents: what is asked for, in Italian and English, and what is only spoken of (R8)."""

from __future__ import annotations

import pytest

from gateway.core.intent import CHARACTERS, SHOWN, Found, Intent, intents
from intent_sentences import ENGLISH, ITALIAN, MORE, split


def told(text, subject=""):
    return [one.intent.value for one in intents(subject, text)]


@pytest.mark.parametrize(("written", "wanted"), [*ITALIAN, *ENGLISH, *MORE])
def test_what_a_customer_asks_for(written, wanted):
    """The table of sentences, each with its intents and no other."""
    subject, text = split(written)
    assert sorted(told(text, subject)) == sorted(wanted.split())


def test_every_intent_is_in_the_table_both_ways():
    """For each intent there is who asks for it, in each language, and enough that asks for nothing."""
    for table in (ITALIAN, ENGLISH):
        assert {one for _, wanted in table for one in wanted.split()} == {intent.value for intent in Intent}
        assert len(table) >= 80
        assert len([1 for _, wanted in table if not wanted]) >= 40


def test_the_very_words_are_told():
    """As written, capitals and accents too, on one line."""
    text = "Buongiorno,\nvorrei CAMBIARE\nla TITOLARITÀ del dominio."
    assert intents("", text) == (Found(Intent.OWNER_CHANGE, "CAMBIARE la TITOLARITÀ"),)


def test_the_first_words_are_told_once():
    """An intent is found once, however often it is said."""
    assert intents("", "Cambiate i DNS. Cambiate i nameserver.") == (Found(Intent.DNS_CHANGE, "Cambiate i DNS"),)


@pytest.mark.parametrize(
    "text",
    [
        "Vorrei cambiare la titolarita' del dominio",
        "Vorrei cambiare la titolarita\u0300 del dominio",
        "Vorrei cambiare la \uff54itolarità del dominio",
        "Vorrei cambiare la tito\u00adlarità del dominio",
        "Vorrei c\u0430mbiare la titolarità del dominio",
        "vorrei cambiare  la\r\ntitolarità del dominio",
        "Vorrei cambiare l\u2019intestatario",
        "VORREI CAMBIARE L'INTESTATARIO",
    ],
)
def test_letters_are_read_as_a_person_reads_them(text):
    """Accents or apostrophes for them, other widths and alphabets, what is not seen, and where lines break."""
    assert told(text) == ["owner-change"]


def test_a_bare_title_counts_above_words_that_ask_nothing():
    """A title is what they are about, unless the text has a question or the title continues another."""
    title = "Cambio intestatario rossi.example"
    assert told("In allegato i documenti.", title) == ["owner-change"]
    assert told("Quali documenti servono?", title) == []
    assert told("In allegato i documenti.", f"Re: {title}") == []
    assert told("In allegato i documenti.", f"Problema {title}") == []


def test_what_stands_far_behind_is_not_read():
    """I7: so much is read, and no more."""
    padding = "x " * (CHARACTERS // 2)
    assert told("Cambiate i DNS. " + padding) == ["dns-change"]
    assert told(padding + "Cambiate i DNS.") == []


def test_what_is_told_is_short():
    """The words are for an operator's line."""
    (found,) = intents("", "Vorrei cambiare " + "a" * 4000 + " dns")
    assert len(found.words) == SHOWN
