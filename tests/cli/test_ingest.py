"""The pipe: what an MTA tells of the envelope is taken as it is, and what it does not tell is not made up."""

from __future__ import annotations

import pytest

from cli.test_tickets import MAIL


@pytest.mark.parametrize(
    ("options", "reverse_path", "forward_paths", "reason"),
    [
        ([], None, [], "registered"),
        (["--forward-path", "support@example.it"], None, ["support@example.it"], "registered"),
        (["--reverse-path", "", "--forward-path", "support@example.it"], "", ["support@example.it"], "auto-response"),
        (["--reverse-path", "<>"], "", [], "auto-response"),
        (["--reverse-path", "<a@b.example>"], "a@b.example", [], "registered"),
        (["--reverse-path", "odd but accepted by the MTA"], "odd but accepted by the MTA", [], "registered"),
    ],
)
def test_the_envelope_of_a_pipe(desk, options, reverse_path, forward_paths, reason):
    """`<>` is a null reverse-path; one that is not told is null in the record, and no sign of a robot."""
    desk.accounts()
    assert desk("ingest", *options, stdin=MAIL).code == 0
    (found,) = desk("messages", "list", "--json").records
    assert (found["reverse_path"], found["forward_paths"], found["reason"]) == (reverse_path, forward_paths, reason)


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("a\x1b[31m@b.example", "a?[31m@b.example"),
        ("\udcff@b.example", "\ufffd@b.example"),  # an octet that is no UTF-8, as Python has it among its arguments
        ("è@b.example", "è@b.example"),
        ("a" * 256 + "@" + "b" * 250 + ".it", "a" * 256 + "@" + "b" * 250 + ".it"),
        ("a" * 600, "a" * 511 + "…"),
    ],
)
def test_no_path_that_an_mta_tells_is_refused(desk, path, kept):
    """It has accepted the message, and would bounce it, to a forged sender (I5)."""
    desk.accounts()
    assert desk("ingest", "--reverse-path", path, "--forward-path", path, stdin=MAIL).code == 0
    (found,) = desk("messages", "list", "--json").records
    assert (found["reverse_path"], found["forward_paths"]) == (kept, [kept])


def test_an_empty_message_of_a_pipe_is_kept_as_one_of_a_listener_is(desk):
    """It has no author, and nobody gets a bounce for it; to explain there is nothing."""
    desk.accounts()
    assert desk("ingest", stdin=b"").code == 0
    (found,) = desk("messages", "list", "--json").records
    assert (found["disposition"], found["reason"]) == ("reject", "malformed-author")
    (desk.folder / "empty.eml").touch()
    assert desk("explain", str(desk.folder / "empty.eml")).code == 65


def test_a_held_message_is_judged_again_with_the_envelope_it_came_with(desk):
    """Released, it is still one whose reverse-path nobody told."""
    desk.accounts()
    raw = MAIL.replace(b"dmarc=pass", b"dmarc=fail")
    assert desk("ingest", "--forward-path", "support@example.it", stdin=raw).code == 0
    (held,) = desk("quarantine", "list", "--json").records
    assert desk("quarantine", "release", held["id"]).code == 0
    (found,) = desk("messages", "list", "--json").records
    assert (found["disposition"], found["forward_paths"]) == ("accept", ["support@example.it"])
