"""Calendars: an invitation (RFC 5545, RFC 5546) as the lines a person would write. Linear, bounded, total.

Times stand as they were sent, with the name of their zone: we know neither the reader's zone nor the rules of theirs.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from gateway.core.card_lines import Line, lines_of
from gateway.core.letter import one_line

EVENTS = 20
PEOPLE = 20
LINE_CHARACTERS = 500

_TITLES = {  # RFC 5546 §1.4
    "ADD": "Invitation",
    "CANCEL": "Cancelled",
    "COUNTER": "Other time proposed",
    "DECLINECOUNTER": "Other time declined",
    "REFRESH": "Details asked for",
    "REPLY": "Answer to invitation",
    "REQUEST": "Invitation",
}
_COMPONENTS = {"VEVENT": "Event", "VTODO": "Task", "VJOURNAL": "Entry"}
_KEPT = frozenset(
    (
        *("SUMMARY", "DTSTART", "DTEND", "DUE", "DURATION", "RRULE", "RECURRENCE-ID", "LOCATION", "URL", "ORGANIZER"),
        *("STATUS", "DESCRIPTION", "COMMENT"),
    )
)
_TIME = re.compile(r"([0-9]{8})(?:T([0-9]{4})([0-9]{2})?(Z?))?", re.ASCII)
_DURATION = re.compile(
    r"\+?P(?:([0-9]{1,4})W)?(?:([0-9]{1,5})D)?(?:T(?:([0-9]{1,6})H)?(?:([0-9]{1,8})M)?(?:([0-9]{1,8})S)?)?", re.ASCII
)
_MAILTO = re.compile(r"mailto:", re.IGNORECASE)


def to_text(octets: bytes, charset: str = "") -> str:
    """What the calendar says, event by event; "" where it holds none."""
    method, inside = "", list[str]()
    events: list[str] = []
    here, people = dict[str, Line](), list[Line]()
    for line in lines_of(octets, charset):
        component = inside[-1] if inside else ""
        match line.name:
            case "BEGIN":
                inside.append(line.value.strip().upper())
            case "END":
                if component in _COMPONENTS and len(events) < EVENTS:
                    events.append(_event(method, component, here, people))
                    here, people = {}, []
                inside[-1:] = []
            case "METHOD" if component == "VCALENDAR":
                method = line.value.strip().upper()
            case "ATTENDEE" if component in _COMPONENTS and len(people) <= PEOPLE:
                people.append(line)
            case name if name in _KEPT and component in _COMPONENTS:  # and not in an alarm within it
                here.setdefault(name, line)
    if (here or people) and len(events) < EVENTS:  # cut off before its end
        events.append(_event(method, "", here, people))
    return "\n\n".join(events)


def _event(method: str, component: str, here: dict[str, Line], people: list[Line]) -> str:
    """One of them: what, when, where, who; then what was written about it."""
    cancelled = "STATUS" in here and here["STATUS"].value.strip().upper() == "CANCELLED"
    title = _TITLES["CANCEL"] if cancelled else _TITLES.get(method, _COMPONENTS.get(component, "Event"))
    said = [
        (title, _text(here, "SUMMARY") or "-"),
        ("When", _when(here)),
        ("Repeats", _text(here, "RRULE")),
        ("Instead of", _time(here["RECURRENCE-ID"]) if "RECURRENCE-ID" in here else ""),
        ("Where", _text(here, "LOCATION")),
        ("Link", _text(here, "URL")),
        ("Organizer", _person(here["ORGANIZER"]) if "ORGANIZER" in here else ""),
        ("With", _people(people)),
    ]
    lines = [f"{label}: {text}" for label, text in said if text]
    about = [here[name].text for name in ("DESCRIPTION", "COMMENT") if name in here]
    return "\n\n".join(["\n".join(lines), *filter(None, about)])


def _text(here: dict[str, Line], name: str) -> str:
    return one_line(here[name].text, LINE_CHARACTERS) if name in here else ""


def _people(people: list[Line]) -> str:
    more = ", …" if len(people) > PEOPLE else ""
    return ", ".join(_person(one) for one in people[:PEOPLE]) + more


def _person(line: Line) -> str:
    """Name, address, and what they answered, where they did: RFC 5545 §3.2.12."""
    address = _MAILTO.sub("", line.text, count=1)
    name = line.parameters.get("CN", "")
    answer = line.parameters.get("PARTSTAT", "").lower().replace("-", " ")
    who = f"{name} <{address}>" if name and name != address else address
    return one_line(who + (f" ({answer})" if answer not in {"", "needs action"} else ""), LINE_CHARACTERS)


def _when(here: dict[str, Line]) -> str:
    """From when to when, the end shortened where it is of the same day and zone."""
    start = _time(here["DTSTART"]) if "DTSTART" in here else ""
    end = next((_time(here[name], ends=True) for name in ("DTEND", "DUE") if name in here), "")
    if start and not end and "DURATION" in here:
        end = _later(here["DTSTART"], here["DURATION"])
    (day, hour, zone), (last, until, there) = (_pieces(one) for one in (start, end))
    if not start or not end or start == end or (last < day and not until):  # a day of which some say that it ends it
        return start or end
    if zone != there or not (hour and until):
        return f"{start} - {end}"
    return f"{day} {hour}-{until if day == last else f'{last} {until}'} {zone}".strip()


def _pieces(time: str) -> tuple[str, str, str]:
    day, _, rest = time.partition(" ")
    hour, _, zone = rest.partition(" ")
    return day, hour, zone


def _time(line: Line, *, ends: bool = False) -> str:
    """`2026-11-25 10:00 Europe/Rome`, or a day alone; what is no time as it is. A day that ends one is not in it."""
    moment, hours = _moment(line)
    if moment is None:
        return one_line(line.text, LINE_CHARACTERS)
    return _said(moment, line, hours=hours, ends=ends)


def _said(moment: datetime, line: Line, *, hours: bool, ends: bool) -> str:
    if not hours:
        day = moment.toordinal() - ends  # RFC 5545 §3.6.1
        return date.fromordinal(max(day, 1)).isoformat()
    zone = "UTC" if line.value.strip().endswith("Z") else line.parameters.get("TZID", "").lstrip("/")
    return one_line(f"{moment.isoformat(' ', 'minutes')} {zone}", LINE_CHARACTERS)


def _later(start: Line, duration: Line) -> str:
    """The end, where a start and a duration are given instead: RFC 5545 §3.3.6."""
    moment, hours = _moment(start)
    found = _DURATION.fullmatch(duration.value.strip().upper())
    if moment is None or found is None:
        return ""
    weeks, days, *time = (int(one) for one in found.groups("0"))
    try:
        end = moment + timedelta(days=weeks * 7 + days, hours=time[0], minutes=time[1], seconds=time[2])
    except OverflowError:
        return ""
    return _said(end, start, hours=hours, ends=True)


def _moment(line: Line) -> tuple[datetime | None, bool]:
    """When, without its zone, and whether it is more than a day."""
    found = _TIME.fullmatch(line.value.strip())
    try:
        moment = datetime.strptime(f"{found[1]}{found[2] or '0000'}", "%Y%m%d%H%M") if found else None  # noqa: DTZ007 - as it was sent
    except ValueError:
        return None, False
    return moment, bool(found and found[2])
