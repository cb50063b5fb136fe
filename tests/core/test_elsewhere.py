"""What a message says that has no words of its own, and what is listed of what is packed."""

from base64 import encodebytes
from hashlib import sha256

from gateway.core.message import Body, Message
from gateway.core.parse import parse
from gateway.core.tnef import PACKS
from tnef_writer import BODY, about, file, prop, tnef

FROM = b"From: anna@rossi.example\r\n"
EVENT = b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nSUMMARY:Riunione\r\nEND:VEVENT\r\nEND:VCALENDAR"
CARD = b"BEGIN:VCARD\r\nFN:Anna Rossi\r\nEND:VCARD"
PACK = tnef(about(prop(BODY, "Buongiorno")), file(b"a.txt", b"uno"))


def body(raw: bytes) -> Body:
    parsed = parse(FROM + raw)
    assert isinstance(parsed, Message)
    return parsed.body


def of(subtype: bytes, *parts: bytes) -> Body:
    inside = b"".join(b"\r\n--b\r\n" + part for part in parts)
    return body(b"Content-Type: multipart/" + subtype + b"; boundary=b\r\n\r\n" + inside + b"\r\n--b--\r\n")


def part(kind: bytes, octets: bytes, name: bytes = b"") -> bytes:
    named = b"Content-Disposition: attachment; filename=" + name + b"\r\n" if name else b""
    coded = encodebytes(octets).replace(b"\n", b"\r\n")
    return b"Content-Type: " + kind + b"\r\nContent-Transfer-Encoding: base64\r\n" + named + b"\r\n" + coded


def listed(found: Body) -> list[str]:
    return [one.filename for one in found.attachments]


def test_an_invitation_alone_is_the_text_and_a_file():
    """Staff read it, and may open it."""
    found = body(part(b"text/calendar; method=REQUEST", EVENT))
    assert (found.text, listed(found)) == ("Invitation: Riunione", ["part-0.ics"])


def test_an_invitation_beside_empty_text_is_the_text():
    """As an alternative, and once more as a file: it is said once."""
    found = of(
        b"alternative", part(b"text/plain", b" \r\n"), part(b"text/calendar", EVENT), part(b"application/ics", EVENT)
    )
    assert (found.text, listed(found)) == ("Invitation: Riunione", ["part-2.ics", "part-3.bin"])


def test_an_invitation_beside_words_is_a_file():
    """Who invites says so in words, most of the time."""
    found = of(b"alternative", part(b"text/plain", b"Ci vediamo?"), part(b"text/calendar", EVENT))
    assert (found.text, listed(found)) == ("Ci vediamo?", ["part-2.ics"])


def test_cards_by_name_alone_are_the_text():
    """A telephone sends a contact without a word, and without its type."""
    found = of(
        b"mixed", part(b"application/octet-stream", CARD, b"Anna.VCF"), part(b"text/vcard", CARD + b"\r\n" + CARD)
    )
    assert found.text == "Contact: Anna Rossi\n\nContact: Anna Rossi\n\nContact: Anna Rossi"
    assert len(found.attachments) == 2


def test_a_pack_is_a_file_and_so_are_its_files():
    """Nothing is lost: what was sent, and what is in it, by its own octets."""
    found = of(b"mixed", part(b"text/plain", b"Ecco"), part(b"application/ms-tnef", PACK, b"winmail.dat"))
    assert (found.text, listed(found)) == ("Ecco", ["winmail.dat", "a.txt"])
    assert (found.attachments[1].size, found.attachments[1].sha256) == (3, sha256(b"uno").hexdigest())


def test_a_pack_is_known_by_its_octets_and_speaks_where_nobody_does():
    """Some call it application/octet-stream, and have no text beside it."""
    found = body(part(b"application/octet-stream", PACK))
    assert (found.text, listed(found)) == ("Buongiorno", ["part-0.bin", "a.txt"])


def test_packs_are_bounded():
    """I7: a thousand of them would be a thousand times the work."""
    found = of(b"mixed", *[part(b"application/ms-tnef", PACK, b"winmail.dat")] * 10)
    assert listed(found).count("a.txt") == PACKS
