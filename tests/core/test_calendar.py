"""Calendars to lines: what, when, where and who, as they were sent."""

import pytest

from gateway.core.calendar import EVENTS, to_text


def event(*lines: str, method: str = "REQUEST") -> bytes:
    around = ("BEGIN:VCALENDAR", f"METHOD:{method}", "BEGIN:VEVENT", *lines, "END:VEVENT", "END:VCALENDAR", "")
    return "\r\n".join(around).encode()


def when(*lines: str) -> str:
    found = [line for line in to_text(event(*lines)).split("\n") if line.startswith("When: ")]
    return found[0].removeprefix("When: ") if found else ""


def test_an_invitation_reads_like_one():
    """RFC 5546 §3.2.2, with what a person wants to know of it."""
    text = to_text(
        event(
            "SUMMARY:Riunione\\, finalmente",
            "DTSTART;TZID=Europe/Rome:20261125T100000",
            "DTEND;TZID=Europe/Rome:20261125T110000",
            "RRULE:FREQ=WEEKLY;COUNT=3",
            "LOCATION:Sala 2\\; primo piano",
            "URL:https://meet.example/1",
            'ORGANIZER;CN="Rossi, Anna":mailto:anna@rossi.example',
            "ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:support@example.it",
            "ATTENDEE;CN=Bob;PARTSTAT=ACCEPTED:MAILTO:bob@rossi.example",
            "DESCRIPTION:Buongiorno\\,\\nne parliamo?\\nAnna",
            "BEGIN:VALARM",
            "DESCRIPTION:Promemoria",
            "END:VALARM",
        )
    )
    assert text == (
        "Invitation: Riunione, finalmente\n"
        "When: 2026-11-25 10:00-11:00 Europe/Rome\n"
        "Repeats: FREQ=WEEKLY;COUNT=3\n"
        "Where: Sala 2; primo piano\n"
        "Link: https://meet.example/1\n"
        "Organizer: Rossi, Anna <anna@rossi.example>\n"
        "With: support@example.it, Bob <bob@rossi.example> (accepted)\n"
        "\n"
        "Buongiorno,\nne parliamo?\nAnna"
    )


@pytest.mark.parametrize(
    ("method", "title"),
    [
        ("REQUEST", "Invitation"),
        ("CANCEL", "Cancelled"),
        ("REPLY", "Answer to invitation"),
        ("COUNTER", "Other time proposed"),
        ("PUBLISH", "Event"),
        ("", "Event"),
    ],
)
def test_the_method_is_told(method, title):
    """RFC 5546 §1.4: an invitation that is called off must not read like one."""
    assert to_text(event("SUMMARY:x", method=method)) == f"{title}: x"


def test_a_status_calls_it_off_as_well():
    """RFC 5545 §3.8.1.11, as programs send it under REQUEST."""
    assert to_text(event("SUMMARY:x", "STATUS:CANCELLED")) == "Cancelled: x"


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (["DTSTART:20261125T090000Z", "DTEND:20261125T100000Z"], "2026-11-25 09:00-10:00 UTC"),
        (["DTSTART:20261125T090000", "DTEND:20261126T100000"], "2026-11-25 09:00-2026-11-26 10:00"),
        (
            ["DTSTART;TZID=Europe/Rome:20261125T090000", "DTEND;TZID=Asia/Tokyo:20261125T200000"],
            "2026-11-25 09:00 Europe/Rome - 2026-11-25 20:00 Asia/Tokyo",
        ),
        (["DTSTART;VALUE=DATE:20261125", "DTEND;VALUE=DATE:20261126"], "2026-11-25"),
        (["DTSTART;VALUE=DATE:20261125", "DTEND;VALUE=DATE:20261128"], "2026-11-25 - 2026-11-27"),
        (["DTSTART;VALUE=DATE:20261125", "DTEND;VALUE=DATE:20261125"], "2026-11-25"),
        (["DTSTART:20261125T233000Z", "DURATION:PT1H"], "2026-11-25 23:30-2026-11-26 00:30 UTC"),
        (["DTSTART;VALUE=DATE:20261125", "DURATION:P2D"], "2026-11-25 - 2026-11-26"),
        (["DTSTART:20261125T0900"], "2026-11-25 09:00"),
        (["DTSTART:99999999T999999"], "99999999T999999"),
        (["DTSTART:99991231T235900", "DURATION:P99999D"], "9999-12-31 23:59"),
        (["DTSTART:00010101", "DTEND:00010101"], "0001-01-01"),
        (["DTSTART:domani"], "domani"),
        ([], ""),
    ],
)
def test_times_stand_as_they_were_sent(lines, text):
    """In their own zone; a day that ends an event is not in it (RFC 5545 §3.6.1); what is no time is shown."""
    assert when(*lines) == text


def test_no_field_passes_for_another():
    """Threats rule 16: one line stays one, whatever its value."""
    text = to_text(event("SUMMARY:x\\nOrganizer: capo@rossi.example", "ORGANIZER:mailto:eve@attack.example"))
    assert text.split("\n") == ["Invitation: x Organizer: capo@rossi.example", "Organizer: eve@attack.example"]


def test_a_fold_inside_a_character_is_undone():
    """RFC 5545 §3.1 counts octets."""
    assert to_text(event("SUMMARY:x").replace(b":x", b":perch\xc3\r\n \xa9")) == "Invitation: perché"


def test_the_declared_charset_counts():
    """RFC 2046 §4.1.2."""
    assert to_text(event("SUMMARY:x").replace(b":x", b":perch\xe9"), "iso-8859-1") == "Invitation: perché"


def test_events_are_told_one_by_one_within_a_bound():
    """A whole calendar is a file to open."""
    text = to_text(event("SUMMARY:x", *["END:VEVENT", "BEGIN:VEVENT", "SUMMARY:x"] * 100))
    assert text.count("Invitation: x") == EVENTS


def test_an_event_that_is_cut_off_is_told_as_far_as_it_goes():
    """Connections break anywhere."""
    assert to_text(event("SUMMARY:x", "LOCATION:y").partition(b"END:")[0]) == "Invitation: x\nWhere: y"


@pytest.mark.parametrize("octets", [b"", b"Buongiorno", b"BEGIN:VCARD\r\nEND:VCARD", b"END:VEVENT\r\n" * 9])
def test_what_is_no_calendar_says_nothing(octets):
    """Then it is a file like any other."""
    assert to_text(octets) == ""
