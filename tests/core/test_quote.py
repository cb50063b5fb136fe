"""The words split: nothing is lost, and in doubt nothing is cut."""

import pytest

from gateway.core.quote import LINES, split_words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ciao", ("ciao", "", "")),
        (
            "Sì.\n\nIl giorno 1 gen, Bob ha scritto:\n> ok?\n> ciao",
            ("Sì.", "Il giorno 1 gen, Bob ha scritto:\n> ok?\n> ciao", ""),
        ),
        (
            "Yes.\nOn Mon, Bob\n<bob@x.example> wrote:\n\n> ok?",
            ("Yes.", "On Mon, Bob\n<bob@x.example> wrote:\n\n> ok?", ""),
        ),
        ("Yes.\n\n> ok?", ("Yes.", "> ok?", "")),
        (
            "Sì.\n\n-----Messaggio originale-----\nDa: Bob\n\nciao",
            ("Sì.", "-----Messaggio originale-----\nDa: Bob\n\nciao", ""),
        ),
        (
            "Sì.\n\nDa: Bob\nInviato: ieri\nA: me\nOggetto: x\n\nciao",
            ("Sì.", "Da: Bob\nInviato: ieri\nA: me\nOggetto: x\n\nciao", ""),
        ),
        ("Ciao\n-- \nMario", ("Ciao", "", "--\nMario")),
        ("Ciao\n-- \nMario\n\n> vecchio", ("Ciao", "> vecchio", "--\nMario")),
        ("Ciao\n> vecchio\n-- \nMario", ("Ciao", "> vecchio", "--\nMario")),
        ("> a?\nsì\n> b?\nno", ("> a?\nsì\n> b?\nno", "", "")),
        ("> a?\nsì\n> b?", ("> a?\nsì\n> b?", "", "")),
        ("> solo\n> citato", ("> solo\n> citato", "", "")),
        ("Il tecnico ha scritto:\ntutto bene", ("Il tecnico ha scritto:\ntutto bene", "", "")),
        ("Da: casa mia\nvi scrivo", ("Da: casa mia\nvi scrivo", "", "")),
    ],
)
def test_only_a_quote_at_the_end_is_cut(text, expected):
    """Answers between quoted lines stay where they were written."""
    assert split_words(text) == expected


def test_a_very_long_text_is_left_alone():
    """Bounded: nobody writes so many lines by hand."""
    text = "a\n" * LINES + "> b"
    assert split_words(text) == (text, "", "")
