"""An independent reader of the RFCs: what a client says that keeps to them is understood alike by aiosmtpd."""

from __future__ import annotations

import asyncio

from aiosmtpd.smtp import SMTP
from dialog import Receiver
from hypothesis import given, settings
from hypothesis import strategies as st
from pipe import Pipe, ends, open_session, says

RECIPIENTS = st.lists(
    st.sampled_from(["support@example.it", "support+a.b@example.it", "bounces@example.it"]), min_size=1
)
TEXT = st.lists(st.text(st.characters(codec="ascii", exclude_characters="\r\n\0"), max_size=30).map(str.encode))
MAIL = st.tuples(st.sampled_from(["a@b.example", ""]), RECIPIENTS, TEXT)


def commands(sender, recipients, lines):
    """What is said for one mail, a command at a time; the data are one."""
    yield f"MAIL FROM:<{sender}>".encode()
    yield from (f"RCPT TO:<{recipient}>".encode() for recipient in recipients)
    yield b"DATA"
    yield b"\r\n".join([*(b"." + line if line.startswith(b".") else line for line in lines), b"."])


class Keeper:
    """Keeps what aiosmtpd makes of it."""

    def __init__(self):
        self.mails = []

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
        self.mails.append((envelope.mail_from, tuple(envelope.rcpt_tos), envelope.content))
        return "250 2.0.0 kept"


class FullPipe(Pipe):
    """For aiosmtpd's stream."""

    def get_write_buffer_size(self):
        return 0


def codes(written):
    """The code of each reply."""
    return [line[:3] for line in written.splitlines() if line[3:4] == b" "]


async def theirs(said):
    """What aiosmtpd answers, and what it takes."""
    keeper = Keeper()
    session = SMTP(keeper, hostname="gw.example.it", loop=asyncio.get_running_loop())
    pipe = FullPipe(session)
    session.connection_made(pipe)
    for line in said:
        heard = len(pipe.written)
        session.data_received(line + b"\r\n")
        while len(pipe.written) == heard:  # noqa: ASYNC110 - a reply each, and aiosmtpd does not tell when
            await asyncio.sleep(0)
    session.data_received(b"QUIT\r\n")
    await asyncio.gather(session._handler_coroutine, return_exceptions=True)
    return codes(pipe.written), keeper.mails


async def ours(said):
    """The same of ours, all in one piece."""
    receiver = Receiver()
    session, pipe = open_session(receiver)
    await says(session, pipe, b"\r\n".join([*said, b"QUIT\r\n"]))
    await ends(session, pipe)
    mails = [(one.envelope.reverse_path or "<>", one.envelope.forward_paths, one.raw) for one in receiver.arrivals]
    return codes(pipe.written), mails


@settings(deadline=None, max_examples=25)
@given(st.lists(MAIL, max_size=3))
def test_what_keeps_to_the_rules_is_taken_alike(mails):
    """The same codes, envelopes and octets."""
    said = [b"EHLO client.example", *(line for mail in mails for line in commands(*mail))]

    async def story():
        assert await ours(said) == await theirs(said)

    asyncio.run(story())
