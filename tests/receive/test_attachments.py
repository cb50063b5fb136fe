"""Attachments in a ticket: a logo that comes again is folded, and nothing is left out."""

from base64 import b64encode

from house import letter


def with_image(number, octets, disposition="inline"):
    more = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n"
    image = (
        "--b\r\n\r\nBuongiorno.\r\n--b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n"
        f'Content-Disposition: {disposition}; filename="logo.png"\r\n\r\n{b64encode(octets).decode()}\r\n--b--'
    )
    raw = letter(message_id=f"{number}@rossi.example", more=more, text=image)
    return raw.replace(b"Content-Type: text/plain; charset=utf-8\r\n\r\n", b"\r\n", 1)


async def folded(gateway, *raws):
    receipts = [await gateway.receive(raw) for raw in raws]
    entries = [gateway.ticket(receipt.ticket)["history"][0] for receipt in receipts]
    return [[one["folded"] for one in entry["attachments"]] for entry in entries]


async def test_a_logo_that_the_account_sent_before_is_folded(gateway):
    """The first time it is new to staff."""
    assert await folded(gateway, with_image(1, b"logo"), with_image(2, b"logo")) == [[False], [True]]


async def test_another_picture_is_not_folded(gateway):
    """Neither a new one, nor one that is attached, nor a large one: those are what the mail is about."""
    large = b"x" * 20 * 1024
    attached = with_image(4, b"logo", "attachment")
    raws = [with_image(1, b"logo"), with_image(2, b"other"), with_image(3, large), attached, with_image(5, large)]
    assert await folded(gateway, *raws) == [[False]] * 5


async def test_the_logo_of_another_account_is_not_folded(gateway):
    """What one account sent says nothing about another's."""
    other = with_image(2, b"logo").replace(b"tecnico@rossi.example", b"office@smith.example")
    other = other.replace(b"header.from=rossi.example", b"header.from=smith.example")
    assert await folded(gateway, with_image(1, b"logo"), other) == [[False], [False]]
