"""SASL with a bearer token: the mechanism is chosen, the words are exact, and nothing of it is broken by a name."""

from __future__ import annotations

import pytest

from gateway.core.sasl import bearer, mechanism_of
from gateway.core.withheld import repeatable, withheld, without


@pytest.mark.parametrize(
    ("offered", "taken"),
    [
        ({"XOAUTH2", "OAUTHBEARER", "PLAIN"}, "OAUTHBEARER"),
        ({"PLAIN", "XOAUTH2"}, "XOAUTH2"),
        ({"PLAIN", "LOGIN"}, None),
        (set(), None),
    ],
)
def test_the_standard_goes_before_what_was_before_it(offered, taken):
    """RFC 7628, else what Google and Microsoft had."""
    assert mechanism_of(offered) == taken


def test_what_is_said():
    """In OAUTHBEARER a name's commas and equals signs are written otherwise (RFC 5801 §4)."""
    assert bearer("XOAUTH2", "a=b", "T", "h", 993) == b"user=a=b\x01auth=Bearer T\x01\x01"
    said = bearer("OAUTHBEARER", "a=b,c", "T", "imap.example.it", 993)
    assert said == b"n,a=a=3Db=2Cc,\x01host=imap.example.it\x01port=993\x01auth=Bearer T\x01\x01"


@pytest.mark.parametrize(("name", "token"), [("a\x01auth=Bearer X", "T"), ("a", "T\x01\x01"), ("a", "T\r\n")])
def test_no_name_and_no_token_says_more_than_itself(name, token):
    """A control character would end a field; the words hold neither."""
    with pytest.raises(ValueError, match="control characters") as told:
        bearer("XOAUTH2", name, token, "h", 1)
    assert token not in str(told.value)


@pytest.mark.parametrize(
    ("words", "secrets", "told"),
    [
        ("refused hunter2!", ["hunter2"], "refused [withheld]!"),
        ("refused hunter22", ["hunter2", "hunter22"], "refused [withheld]"),
        ("refused ya29.a0AfH6SMBx-cut-in-the-mid", [], "refused [withheld]"),
        ("Invalid credentials (Failure)", ["", "x" * 30], "Invalid credentials (Failure)"),
    ],
)
def test_secrets_are_withheld(words, secrets, told):
    """Those that are known, and whatever is as long as a token; ordinary words stay."""
    assert withheld(words, secrets) == told


@pytest.mark.parametrize(
    "echo", ['hun"ter', 'LOGIN gw "hun\\"ter"', "Z3c=", "aHVuInRlcg==", "AGd3AGh1biJ0ZXI=", "PLAIN AGd3AGh1biJ0ZXI= no"]
)
def test_a_password_is_known_as_each_protocol_says_it(echo):
    """Plain, as a quoted string, and in base64 as AUTH PLAIN and LOGIN say it: too short to be taken for a token."""
    told = without(echo, repeatable("gw", 'hun"ter'))
    assert not [one for one in ("hun", "Z3c", "aHVu", "AGd3") if one in told]


def test_long_words_stay_where_no_token_was_sent():
    """As Microsoft says why: of a password all is known that is to be hidden."""
    words = "5.7.139 SmtpClientAuthentication is disabled for the Tenant"
    assert without(words, repeatable("gw", "hunter2")) == words
