"""I2, R3: whatever is done to a name of another account's, the message that carries it is held."""

from __future__ import annotations

import base64

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.core.mentions import KEYS
from house import letter

NAME = "smith.example"
DOTS = (".", "[.]", "(.)", " [dot] ", " (punto) ", "\\.", "%2E", "\uff0e", "\u3002", "\uff61", "[DOT]")
UNSEEN = ("", "", "\u200b", "\u00ad", "\u2060", "\ufeff", "\ufe0f", "\u202e")
AROUND = (
    "{}",
    "({})",
    "<{}>.",
    "www.{}",
    "hxxps://{}/x",
    "https://u:p@{}:8443?y",
    "info@{}",
    "_dmarc.{}",
    "*{}*",
    "«{}»",
    "{}.",
    "a\u2013{}",
    "https://x.example/?u=https%3A%2F%2F{}",
    "file_{}",
    "{}.Grazie",
)
WIDE = str.maketrans({chr(one): chr(one + 0xFEE0) for one in range(ord("a"), ord("z") + 1)})
STYLES = (str, str.upper, str.title, lambda label: label.translate(WIDE))


@st.composite
def disguised(draw):
    """The name as somebody writes it who does not want it to be found."""
    labels = [draw(st.sampled_from(STYLES))(label) for label in NAME.split(".")]
    whole = draw(st.sampled_from(DOTS)).join(labels)
    at = draw(st.integers(0, len(labels[0])))
    whole = whole[:at] + draw(st.sampled_from(UNSEEN)) + whole[at:]
    decoys = "".join(f"d{number}.example " for number in range(draw(st.sampled_from((0, 0, 60, 400)))))
    return decoys + draw(st.sampled_from(AROUND)).format(whole)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=disguised(), place=st.sampled_from(("text", "subject", "file")))
async def test_i2_a_name_of_another_account_is_found_however_it_is_written(gateway, text, place):
    """In the subject, the text or the name of an attachment."""
    if (place != "text" and len(text) > 100) or (place == "file" and set(text) & {"/", "\\"}):
        place = "text"  # such a subject or file name is cut, and shown so
    words = f"=?utf-8?b?{base64.b64encode(text.encode()).decode()}?="
    more = f'MIME-Version: 1.0\r\nContent-Disposition: attachment; filename="{words}"\r\n' if place == "file" else ""
    receipt = await gateway.receive(
        letter(
            subject=words if place == "subject" else "x",
            text=text if place == "text" else "x",
            more=more,
            message_id=f"{next(gateway.numbers)}@rossi.example",
        )
    )
    found = gateway.message(receipt.id)
    assert found["reason"] == "service-of-another-account", found["trace"]


@pytest.mark.parametrize("decoy", ["d{}.example", "HOST-{}"])
async def test_i2_what_is_too_much_to_look_up_is_held(gateway, decoy):
    """What was not looked up may be anybody's: the bound on the work is no place to hide in."""
    decoys = " \r\n".join(decoy.format(number) for number in range(KEYS + 1))
    receipt = await gateway.receive(letter(text=f"{decoys} {NAME}"))
    assert gateway.message(receipt.id)["reason"] == "service-of-another-account"
