"""The words split: nothing is lost, and in doubt nothing is cut."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.quote import ANSWERED_LINES, LINES, split_words
from gateway.core.quote_header import passed_on

OWN = "Sì, grazie."

MARKED = [
    "Il giorno dom 22 nov 2026 alle ore 09:00 Assistenza <\nsupport@x.example> ha scritto:\n\n> ok?",
    "Il giorno 3 mar 2026, alle ore 10:15, Mario <m@x.example> ha scritto:\n\n> ok?\n>\n> ciao",
    "Il 22/11/2026 10:00 Mario <m@x.example> ha scritto:\n> ok?",
    "Mario Rossi ha scritto:\n> ok?",
    "Citando Mario <m@x.example>:\n\n> ok?",
    "On Mon, 3 Mar 2026 at 10:15, Bob\n<bob@x.example>\nwrote:\n\n> ok?",
    "On 3 Mar 2026, at 10:15, Bob wrote:\n\n> ok?",
    "Am 03.03.26 um 10:15 schrieb Hans:\n> ok?",
    "Am Di., 3. März 2026 um 10:15 Uhr schrieb Hans Müller <\nhans@x.example>:\n\n> ok?",
    "Hans Müller <hans@x.example> schrieb am Di., 3. März 2026,\n10:15:\n\n> ok?",
    "Le mar. 3 mars 2026 à 10:15, Jean <j@x.example> a écrit :\n\n> ok?",
    "El mar, 3 mar 2026 a las 10:15, Juan (<j@x.example>) escribió:\n\n> ok?",
    "Bob Smith wrote on 3 Mar 2026 10:15:\n\n> ok?",
    "-------- Original Message --------\nOn Tuesday, 03/03/26 at 10:15 Bob <b@x.example> wrote:\n\n> ok?",
    "2013/11/1 Bob <b@x.example>\n\n> ok?",
    "2026-03-03 10:15 GMT+01:00 Bob Smith:\n\n> ok?",
    "> Il giorno 3 mar 2026, alle ore 10:15, M <m@x.example> ha scritto:\n>\n> ok?",
    "> ok?",
]

UNMARKED = [
    "-----Messaggio originale-----\nDa: Bob\n\nok?",
    "----- Original Message -----\n\nok?",
    "-------- Ursprüngliche Nachricht --------\nVon: Hans <h@x.example>\nDatum: 3.3.26\nAn: s@x.example\n\nok?",
    "----Messaggio originale----\nDa: m@x.example\nData: 3-mar-2026 10.15\nA: <s@x.example>\nOgg: R: x\n\nok?",
    "Da: Mario\nInviato: martedì 3 marzo 2026 10:15\nA: Assistenza\nOggetto: R: x\n\nok?",
    "Da: Mario <m@x.example>\nInviato: ieri\nA: a@x.example;\n b@x.example;\n c@x.example\nOggetto: x\n\nok?",
    "*From:* Bob [mailto:b@x.example]\n*Sent:* Monday\n*To:* Eve\n*Subject:* x\n\nok?",
    "Von: H <h@x.example>\nGesendet: Dienstag, 3. März 2026 10:15\nAn: S\nBetreff: AW: x\n\nok?",
    "De : J <j@x.example>\nEnvoyé : mardi 3 mars 2026 10:15\nÀ : S\nObjet : x\n\nok?",
    "De: J <j@x.example>\nEnviado el: martes, 3 de marzo de 2026 10:15\nPara: S\nAsunto: x\n\nok?",
    "________________________________\nDa: M <m@x.example>\nInviato: x\nA: s\nOggetto: y\n\nok?",
    "Le lun. 3 mars 2026 à 10:15, J <j@x.example>\na écrit :\n\nok?",
    "El martes, 3 de marzo de 2026, 10:15:22 CET, Juan <j@x.example> escribió:\n\nok?",
    "On Tue, 3 Mar, 2026 at 10:15, Bob<b@x.example> wrote:   ok?",
    "##- Please type your reply above this line -##\n\nok?",
    "Reply above this line\n\nok?",
    "## Rispondi sopra questa riga\n\nok?",
    'Dom 22/11/26, 10:15, "Mario" <m@x.example>:\n\nok?',
    "---- On Wed, 24 Feb 2026 14:02:50 +0530 bob@x.example wrote ----\n\nok?",
]

ALL_OWN = [
    "ciao",
    "Il tecnico ha scritto:\ntutto bene",
    "Buongiorno,\nIl tecnico ha scritto: riavviate il router.\nMa non funziona.",
    "Buongiorno,\n\nIl 3 marzo 2026 il vostro tecnico ha scritto:\n\nriavviate il router.\n\nMa non funziona.",
    "Salve,\n\nIn data 3/3/2026 alle 10:15 assistenza@x.example mi ha scritto:\n\nil dominio scade.\n\nE quindi?",
    "Hello,\n\nOn 3 March 2026 your support wrote:\n\nplease wait\n\nI waited.",
    "Hallo,\n\nam 3.3.2026 schrieb ich Ihnen:\n\nBitte kündigen.\n\nKeine Antwort.",
    "Bonjour,\n\nLe technicien a écrit :\nredémarrez.\nÇa ne marche pas.",
    "Hola,\n\nEl técnico escribió:\nreinicie.\nNo funciona.",
    "Inoltro quanto segue: il 3 marzo 2026 alle 10:15 Bob <b@x.example> ha scritto che non va:\nnon parte.",
    "Come si legge\nOn 3 Mar 2026, Bob <b@x.example> wrote:\nno",
    "Salve\n\nFrom: a@x.example\nTo: b@x.example\n\nvi chiedo\nDate: quando?",
    "Da: casa mia\nvi scrivo",
    "Salve\n\nDa: Roma\nA: Milano\nData: 3 marzo\n\nSpedizione del contratto.",
    "Ecco l'originale:\n\nReceived: by x;\n y\nFrom: B <b@x.example>\nTo: me\nDate: x\nSubject: y\n\nChi è?",
    "Ecco l'originale:\n\nFrom: B <b@x.example>\nTo: me\nDate: x\nSubject: y\nMessage-ID: <z>\n\nChi è?",
    "Da: Mario <m@x.example>\nInviato: ieri\nA: me\nOggetto: x\n\nsenza una parola sopra",
    "> a?\nsì\n> b?\nno",
    "Il log dice:\n> errore 500\ne poi si ferma.",
    "> solo\n> citato",
]


@pytest.mark.parametrize("quote", MARKED + UNMARKED)
def test_a_quote_below_the_words_is_cut_with_what_introduces_it(quote):
    """As programs write it in five languages, its lines marked or not."""
    assert split_words(f"{OWN}\n\n{quote}") == (OWN, quote, "")


@pytest.mark.parametrize("text", ALL_OWN)
def test_own_words_that_look_like_an_introduction_stay(text):
    """What people write of mail is theirs, and a mail of quotes alone is what there is to read."""
    assert split_words(text) == (text, "", "")


def test_answers_stay_with_the_lines_that_they_answer():
    """What is quoted below the last answer goes."""
    for above in ("", "Ecco.\n\n", "Ecco.\n\n-----Messaggio originale-----\n"):
        text = f"{above}Il 3/3/2026 10:15 Bob <b@x.example> ha scritto:\n> a?\nsì\n> b?\nno"
        assert split_words(f"{text}\n> saluti\n> Bob") == (text, "> saluti\n> Bob", "")
    text = "Ecco.\n\n-----Messaggio originale-----\n> a?\nsì"
    assert split_words(text) == (text, "", "")


def test_a_header_with_no_word_above_it_begins_content():
    """A message passed on without comment, and what is quoted in it goes as ever."""
    text = "Da: Mario <m@x.example>\nInviato: ieri\nA: me\nOggetto: x\n\nciao"
    assert split_words(f"{text}\n\n> vecchio") == (text, "> vecchio", "")


def test_only_a_line_by_itself_names_the_writer_of_a_quote():
    """The end of somebody's sentence stays with its beginning."""
    assert split_words("Ma ieri\nMario ha scritto:\n> ok?") == ("Ma ieri\nMario ha scritto:", "> ok?", "")


def test_a_long_quote_above_the_answer_is_cut():
    """The answer below a whole history is found at once; a few lines are what is answered."""
    intro = "On 3 Mar 2026, at 10:15, Bob wrote:\n"
    long = intro + "\n".join(["> x"] * ANSWERED_LINES)
    assert split_words(f"{long}\n\nyes") == ("yes", long, "")
    short = intro + "\n".join(["> x"] * (ANSWERED_LINES - 1))
    assert split_words(f"{short}\n\nyes") == (f"{short}\n\nyes", "", "")


def test_a_quoted_line_that_was_broken_on_the_way_is_still_quoted():
    """Its end stands alone without the mark, in small letters, mid-sentence; an answer does not."""
    above = "> " + "parola " * 9 + "e"
    assert split_words(f"ok\n\n{above}\npoi\n> fine") == ("ok", f"{above}\npoi\n> fine", "")
    for answer in ("?\nsì", "\nSì"):
        assert split_words(f"ok\n\n{above}{answer}\n> fine") == (f"ok\n\n{above}{answer}", "> fine", "")


@pytest.mark.parametrize(
    "line",
    [
        "---------- Forwarded message ---------",
        "-------- Messaggio inoltrato --------",
        "Inizio messaggio inoltrato:",
        "Begin forwarded message:",
        "-------- Weitergeleitete Nachricht --------",
        "Anfang der weitergeleiteten Nachricht:",
        "---------- Message transféré ---------",
        "Début du message réexpédié :",
        "---------- Mensaje reenviado ---------",
    ],
)
def test_a_message_that_is_passed_on_is_content(line):
    """To its last line, its own header, quotes and signature included; the writer's signature is above it."""
    rest = f"{line}\nDa: M <m@x.example>\nData: x\nOggetto: y\n\nciao\n-- \nM\n\n> vecchio"
    assert split_words(f"Vedi sotto.\n\n-- \nIo\n\n{rest}") == (
        "Vedi sotto.\n\n" + rest.replace("-- \n", "--\n"),
        "",
        "--\nIo",
    )


def test_a_subject_may_say_that_a_message_is_passed_on():
    """Outlook writes the same header above what it forwards and what it answers."""
    text = "Vedi sotto.\n\nDa: M <m@x.example>\nInviato: x\nA: s\nOggetto: y\n\nciao"
    assert split_words(text, forwarded=True) == (text, "", "")
    assert split_words(text)[0] == "Vedi sotto."
    assert all(map(passed_on, ["I: x", "FW: x", "Fwd: x", "WG: x", "TR : x", "RV: x", "[#AB12] I: x"]))
    assert not any(map(passed_on, ["R: I: x", "Re: Fwd: x", "Informazioni: x", "Internet: x"]))


def test_a_very_long_text_is_left_alone():
    """Bounded: nobody writes so many lines by hand."""
    text = "a\n" * LINES + "> b"
    assert split_words(text) == (text, "", "")


PIECES = st.sampled_from(
    [
        *("", "y", "> x", "> > z", "-- ", "---", "On 3 Mar 2026 10:15 B <b@x.example> wrote:", "M ha scritto:", "a:"),
        *("-----Original Message-----", "From: z@x", "Sent: z", "To: z", "Subject: z", "Sent from my iPhone"),
        *("Begin forwarded message:", "Regards,", "Bob", "ACME Ltd", "Tel. 06 1234567", "Virus-free.", "> " + "w" * 70),
        "This message is confidential and intended for the addressee only.",
    ]
)


@given(st.lists(PIECES, max_size=30), st.booleans())
def test_every_line_is_in_one_of_the_three_in_its_order(lines, forwarded):
    """Nothing is deleted, doubled or moved about."""
    parts = [part.split("\n") for part in split_words("\n".join(lines), forwarded=forwarded)]
    kept = [[line for line in part if line] for part in parts]
    given_lines = [line.rstrip() for line in lines if line]
    assert sorted(line.rstrip() for part in kept for line in part) == sorted(given_lines)
    for part in kept:
        rest = iter(given_lines)
        assert all(line.rstrip() in rest for line in part)


@given(
    st.lists(st.sampled_from(["Buongiorno,", "", "non va: perché?", "A: b", "Bob", "1. uno", "Grazie,"]), max_size=30)
)
def test_words_without_any_mark_come_back_as_they_are(lines):
    """Once and again: what was split off a mail is not split any further."""
    text = "\n".join(lines).strip("\n")
    assert split_words(text) == (text, "", "")


KINDS = [
    "y",
    "> x",
    ">",
    "-- ",
    "---",
    "Da: x@y",
    "a:",
    "On 3 Mar 2026 10:15 B <b@x.example>",
    "wrote:",
    "",
    "Regards,",
]


@pytest.mark.parametrize("lines", [[one] for one in KINDS] + [["> x", "-- "], ["> x", "y"], ["Da: x", ""], KINDS])
def test_the_work_grows_with_the_lines(lines):
    """Counted in calls, not timed: twice the lines are at most a little more than twice the work."""

    def calls(count):
        text = "\n".join(lines * (count // len(lines)))
        made = 0

        def count_one(_frame, event, _argument):
            nonlocal made
            made += event in ("call", "c_call")

        sys.setprofile(count_one)
        try:
            split_words(text)
        finally:
            sys.setprofile(None)
        return made

    assert calls(4_000) < 2.2 * calls(2_000) + 1_000


def test_a_line_of_marks_alone_is_kept():
    """100 KB of them: looked at within its bound, and given back whole."""
    assert split_words(">" * 100_000) == (">" * 100_000, "", "")
