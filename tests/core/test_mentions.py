"""What a message is about: the domain names and service ids in it, and whose services these are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.account import Service
from gateway.core.address import Address
from gateway.core.mentions import CHARACTERS, COUNTED, KEYS, Named, Part, Reading, about, lineage, named, read
from gateway.core.message import Attachment, Body, Header, Message
from gateway.core.plain import plain

AUTHOR = Address("tecnico", "rossi.example")


def names(text, author=AUTHOR):
    return named(Reading(plain(text)), author)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("il sito rossi.example non va", ("rossi.example",)),
        ("ROSSI.Example.", ("rossi.example",)),
        ("hxxps://user:pw@www.rossi.example:443/path", ("www.rossi.example",)),
        ("http://rossi.example%2fx", ("rossi.example",)),
        ("?url=https%3A%2F%2Frossi.example%2Fx", ("rossi.example",)),
        ("(rossi.example), «smith.example»", ("rossi.example", "smith.example")),
        ("perché.example", ("perché.example",)),
        ("xn--perch-fsa.example", ("perché.example",)),
        ("हिन्दी.example", ("हिन्दी.example",)),
        ("rossi。example", ("rossi.example",)),
        ("_dmarc.rossi.example *rossi.example* _rossi.example_", ("dmarc.rossi.example", "rossi.example")),
        ("password di info@bianchi.example", ("bianchi.example",)),  # a mailbox is a service too
        ("www..rossi.example", ("rossi.example",)),
        ("-rossi.example-", ("rossi.example",)),
        ("rossi.example.Grazie", ("rossi.example.grazie", "rossi.example")),
        ("sito\u2013rossi.example", ("rossi.example", "sito-rossi.example")),
        (f"{'a' * 64}.rossi.example", ("rossi.example",)),
        (f"rossi.example.{'a' * 64}", ("rossi.example",)),
        ("rossi", ()),
        ("... . .a a.", ()),
    ],
)
def test_a_domain_name_is_found_where_a_person_sees_one(text, found):
    """In small letters, as they are read."""
    assert names(text).domains == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("tecnico@rossi.example", ()),
        ("<Tecnico@ROSSI.example>, mailto:tecnico@rossi.example.", ()),
        ("xtecnico@rossi.example", ("rossi.example",)),
        ("a.tecnico@rossi.example", ("a.tecnico", "rossi.example")),
        ("tecnico@rossi.example rossi.example", ("rossi.example",)),
        ("tecnico@mail.rossi.example", ("mail.rossi.example",)),
    ],
)
def test_the_author_s_own_address_is_only_where_they_write_from(text, found):
    """It names nothing by itself; any other address does."""
    assert names(text).domains == found


def test_every_name_is_looked_up_with_its_parents():
    """www.rossi.example is about rossi.example; a long name's nearest to the root are among them."""
    assert names("www.rossi.example").keys == ("www.rossi.example", "rossi.example")
    assert "smith.example" in names("a." * 300 + "smith.example").keys
    assert list(lineage("a.b.c")) == ["a.b.c", "b.c"]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("il server HOST-12345, spento", "host-12345"),
        ("(vps#42)", "vps#42"),
        ("#VPS42.", "vps42"),
        ("https://panel.example/services/987654/settings", "987654"),
        ("https://panel.example/x/y/ab#42.1/z", "ab#42.1"),
        ("n.HOST-9.", "host-9"),
        ("HOST\u201312345", "host-12345"),
        ("id_HOST-12345_x", "host-12345"),
        ("cliente 4711", "4711"),
        ("contratto 12/2026", "12/2026"),
        ("host-12345@panel", "host-12345"),
    ],
)
def test_a_service_id_is_a_token_with_a_digit(text, wanted):
    """Compared without regard to case, however it is wrapped."""
    assert wanted in names(text).ids


@pytest.mark.parametrize("text", ["HOST", "alle 12 o alle 9", "a1", "perché no?"])
def test_what_has_no_digit_or_is_a_small_number_is_no_id(text):
    assert names(text).ids == ()


def test_sixty_decoys_do_not_hide_a_name():
    """Fifty was once the bound, in silence."""
    found = names(" ".join(f"www.d{number}.example" for number in range(60)) + " smith.example HOST-12345")
    assert "smith.example" in found.keys
    assert "host-12345" in found.keys
    assert found.beyond == ""


@pytest.mark.parametrize(
    "text",
    [
        " ".join(f"d{number}.example" for number in range(KEYS + 1)),
        " ".join(f"HOST-{number}" for number in range(KEYS + 1)),
        "1a/" * (CHARACTERS // 3),
    ],
    ids=["domains", "ids", "pieces"],
)
def test_what_is_too_much_is_said(text):
    """Named in the trace and held: left out in silence it would be a place to hide in. The work is bounded (I7)."""
    found = names(text)
    assert len(found.keys) <= KEYS
    assert found.beyond == f"over {KEYS} names"


def message(subject="", text="", quoted="", signature="", files=()):
    attachments = tuple(Attachment(name, "application/pdf", 1, "", inline=False) for name in files)
    return Message(Header(subject), AUTHOR, (), Body(text, quoted, signature, attachments), None, 0, ())


WHOLE = message("s.example", "t.example", "q.example", "g.example", ["f.example.zone.txt"])


@pytest.mark.parametrize(
    ("part", "name"),
    [
        (Part.SUBJECT, "s.example"),
        (Part.TEXT, "t.example"),
        (Part.ATTACHMENTS, "f.example"),
        (Part.QUOTED, "q.example"),
        (Part.SIGNATURE, "g.example"),
    ],
)
def test_a_part_counts_where_the_policy_says_so(part, name):
    """And nowhere else; left to itself what is quoted and signatures do not."""
    everything = {one.partition(".")[0] for one in named(read(WHOLE, [part]), AUTHOR).domains}
    assert everything == {name[0]}
    assert (name in named(read(WHOLE, COUNTED), AUTHOR).domains) == (part in COUNTED)


def test_a_file_s_endings_do_not_hide_a_name():
    """`smith.example.tar.gz` is about smith.example."""
    for file in ("smith.example.pdf", "smith.example.tar.gz", "fattura_smith.example.pdf", "smith.example_2026.pdf"):
        assert "smith.example" in named(read(message(files=[file]), COUNTED), AUTHOR).keys


def test_a_text_over_the_bound_says_so():
    found = named(read(message(text="x" * CHARACTERS + " smith.example"), COUNTED), AUTHOR)
    assert found.beyond == f"over {CHARACTERS} characters"


def test_of_a_name_the_nearest_holder_is_meant():
    """Who holds shop.rossi.example and names it is not asking about rossi.example."""
    shop, parent = Service(1, "domain", "shop.rossi.example"), Service(2, "domain", "rossi.example")
    assert about(names("www.shop.rossi.example"), [parent, shop]) == (shop,)
    assert about(names("shop.rossi.example rossi.example"), [parent, shop]) == (shop, parent)


def test_an_id_has_every_holder_and_is_no_domain():
    """An id may stand on several accounts; a piece of a domain name is no domain name."""
    both = (Service(1, "hosting", "HOST-12345"), Service(2, "hosting", "host-12345"))
    assert about(names("Host-12345"), both) == both
    assert about(names("3m.com.example"), [Service(1, "domain", "3m.com")]) == ()


@given(st.text(max_size=500))
def test_any_text_is_read(text):
    """Total (I7), and every name in it is looked up."""
    found = names(text)
    assert set(found.domains) | set(found.ids) <= set(found.keys)


def test_nothing_named_is_nothing_looked_up():
    assert names("Buongiorno.") == Named()
