"""Signature fields, key records and bodies as values (RFC 6376 §3.2, §3.4, §3.5, §3.6.1)."""

from __future__ import annotations

from hashlib import sha256

import pytest

from gateway.core.dkim import Signature, body_digest, read_signature, related
from gateway.core.dkim_tags import UnfitError, read_tags
from gateway.core.inquiry import Question

VALUE = (
    b" v=1; a=rsa-sha256; c=relaxed/simple; d=Rossi.Example; s=S1;\r\n\tt=100; x=200; i=anna@posta.rossi.example;\r\n"
    b" h=From : To:\r\n Subject; bh=AAAA; b=BB\r\n BB\r\n"
)


def test_a_field_is_read():
    """Names in lower case, folding and white space gone."""
    assert read_signature(VALUE) == Signature(
        domain="rossi.example",
        selector="s1",
        algorithm="rsa-sha256",
        header="relaxed",
        body="simple",
        names=("from", "to", "subject"),
        body_hash=b"\0\0\0",
        signature=b"\x04\x10\x41",
        identity="posta.rossi.example",
        signed_at=100,
        expires_at=200,
        partial=False,
    )


def test_the_key_is_asked_for_by_selector_and_domain():
    """RFC 6376 §3.6.2.1."""
    assert read_signature(VALUE).question == Question("s1._domainkey.rossi.example", "TXT")


def test_a_refused_field_still_names_its_domain():
    """So that the record says whose signature it was."""
    refused = read_signature(VALUE.replace(b"v=1", b"v=2"))
    assert (refused.result, refused.domain, refused.selector) == ("permerror", "rossi.example", "s1")


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        (b"a=1", {"a": "1"}),
        (b" a = 1 ;\tb_2=x=y ; ", {"a": "1", "b_2": "x=y"}),
        (b"a=", {"a": ""}),
        (b"A=1;a=2", {"A": "1", "a": "2"}),
        ("i=rossì@x.example".encode(), {"i": "rossì@x.example"}),
        (b"", {}),
    ],
)
def test_tag_lists(text, tags):
    """RFC 6376 §3.2: white space around names and values is nothing, case counts."""
    assert read_tags(text) == tags


@pytest.mark.parametrize(
    "text", [b"a", b"a;b=1", b"=1", b"1a=1", b"a=1;;b=2", b"a=1;a=1", b"a-b=1", b"a=\xff", b"a=\n"]
)
def test_what_is_no_tag_list(text):
    """Duplicates, names outside the grammar, control characters, octets that are no text."""
    with pytest.raises(UnfitError):
        read_tags(text)


@pytest.mark.parametrize(
    ("algorithm", "body", "canonical"),
    [
        ("simple", b"", b"\r\n"),
        ("simple", b"\r\n\r\n", b"\r\n"),
        ("simple", b"a \r\n \r\n\r\n", b"a \r\n \r\n"),
        ("simple", b"a", b"a\r\n"),
        ("relaxed", b"", b""),
        ("relaxed", b"\r\n \r\n", b""),
        ("relaxed", b" C \r\nD \t E\r\n\r\n\r\n", b" C\r\nD E\r\n"),
        ("relaxed", b"a \t", b"a\r\n"),
        ("relaxed", b"\ta" + b" " * 1000 + b"b\r\n", b" a b\r\n"),
    ],
)
def test_bodies_are_made_canonical(algorithm, body, canonical):
    """RFC 6376 §3.4.3 to §3.4.5, the example of the last among them."""
    assert body_digest(body, algorithm) == sha256(canonical).digest()


def test_relation_goes_by_labels():
    """Above, below and the same; never what only ends alike, and never what has no name."""
    assert related("rossi.example", "rossi.example")
    assert related("a.rossi.example", "rossi.example")
    assert related("rossi.example", "a.rossi.example")
    assert not related("notrossi.example", "rossi.example")
    assert not related("b.rossi.example", "a.rossi.example")
    assert not related("", "rossi.example")
