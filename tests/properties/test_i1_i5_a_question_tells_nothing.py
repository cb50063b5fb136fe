"""I1, I5: a question about a forgery goes to the primary alone, and nothing that the forger chose is in it."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.core.address import Address
from gateway.core.confirmation import PER_DAY, Asking
from gateway.core.expression import compile_condition
from gateway.core.facts import SCHEMA
from gateway.core.letter import Letterhead
from gateway.core.policy import Policy
from gateway.core.reason import Disposition
from gateway.core.reply import address
from gateway.core.rule import Hold, Refusal, Rule
from gateway.store import letters
from house import NOW, ROSSI, UNLIMITED, letter

HEAD = Letterhead(
    "gateway.example.it", "Assistenza", Address("support", "example.it"), Address("bounces", "example.it")
)
RULE = Rule("own", "own.yaml:3", compile_condition("true", SCHEMA), Refusal(Disposition.QUARANTINE, Hold(confirm=True)))
POLICY = Policy(rules=(RULE,), digest="d", confirmation=Asking.EACH, limits=UNLIMITED)
AUTHORS = ("amministrazione@rossi.example", "tecnico@rossi.example", "eve@attack.example", "ufficio@studio.example")
words = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=12, max_size=20)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    author=st.sampled_from(AUTHORS),
    dmarc=st.sampled_from(["pass", "fail", ""]),
    subject=words,
    text=words,
    message_id=words,
    other=words,
)
async def test_i1_i5_a_question_is_the_primarys_and_says_nothing_of_the_forger(  # noqa: PLR0913, PLR0917 - a forger's
    gateway, author, dmarc, subject, text, message_id, other
):
    """Whoever writes whatever: letters only to the account's primary, few, and none of the message's words in them."""
    raw = letter(
        author,
        dmarc=dmarc,
        subject=subject,
        text=text,
        message_id=f"{message_id}@x.example",
        more=f"Reply-To: {other}@attack.example\r\nCc: {other}@attack.example\r\nReferences: <{other}@x.example>\r\n",
    )
    await gateway.ruled(POLICY).receive(raw, reverse_path=f"{other}@attack.example")
    due = gateway.database.read(lambda c: letters.due(c, NOW + timedelta(days=9), 100))
    assert len(due) <= PER_DAY
    for one in due:
        letter_out = address(one.reply, gateway.account(ROSSI), HEAD, gateway.keys, NOW)
        assert str(letter_out.forward_path) == "amministrazione@rossi.example"
        written = letter_out.data + one.reply.words.text.encode() + one.reply.words.subject.encode()
        assert not any(chosen.encode() in written for chosen in (subject, text, message_id, other, "attack.example"))
