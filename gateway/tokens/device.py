"""Consent by a person at another machine (RFC 8628): an address and a code to tell, then patience within bounds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from gateway.core.letter import shown
from gateway.ports import Unavailable, Ungranted
from gateway.tokens.answers import Denied, Granted, Nonsense, denied, fields, read, seconds
from gateway.tokens.form import Form
from gateway.tokens.server import Server

LONGEST = timedelta(minutes=30)
"""That anybody is waited for, whatever the server allows."""
INTERVAL, MORE, SLOWEST = 5.0, 5.0, 60.0
"""Seconds between two questions, what `slow_down` adds (RFC 8628 §3.5), and the most."""
_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_SHOWN = 200

Sign = Callable[[dict[str, str]], Form]
"""Fields, and the proof of which application asks. Raises Ungranted."""
Pause = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a person is told, cleaned for a terminal: where to go, what to type there, and how long that is good."""

    address: str
    code: str
    lifetime: timedelta
    interval: float
    device_code: str = field(repr=False)


async def invite(server: Server, url: str, sign: Sign, scope: str) -> Invitation:
    """Ask for a code. Raises Unavailable, Ungranted."""
    form = sign({"scope": scope} if scope else {})
    said = await server.ask(url, form)
    try:
        answer = fields(said)
        if "error" in answer:
            raise Ungranted(f"{url} invites nobody: {denied(answer, form.secrets)}")
        address, code, device_code = (_text(answer, key) for key in ("verification_uri", "user_code", "device_code"))
        lifetime = min(seconds(answer, "expires_in") or LONGEST, LONGEST)
        interval = seconds(answer, "interval") or timedelta(seconds=INTERVAL)
    except Nonsense as odd:
        raise Unavailable(f"{url} {odd}") from None
    wait = min(max(interval.total_seconds(), 1), SLOWEST)
    return Invitation(shown(address, _SHOWN), shown(code, _SHOWN), lifetime, wait, device_code)


async def await_consent(server: Server, url: str, sign: Sign, invitation: Invitation, pause: Pause) -> Granted:
    """Ask until somebody has consented. Raises Ungranted: refused, or nobody came; Unavailable."""
    waited, interval = 0.0, invitation.interval
    while waited < invitation.lifetime.total_seconds():
        await pause(interval)
        waited += interval
        form = sign({"grant_type": _GRANT, "device_code": invitation.device_code})
        try:
            answer = read(await server.ask(url, form), (*form.secrets, invitation.device_code))
        except Unavailable:
            interval = min(interval * 2, SLOWEST)  # RFC 8628 §3.5: less often, where there was no answer in time
            continue
        except Nonsense as odd:
            raise Unavailable(f"{url} {odd}") from None
        match answer:
            case Granted(refresh_token=""):
                raise Ungranted(f"{url} gave no refresh token; add offline_access, or what it calls that, to `scope`")
            case Granted():
                return answer
            case Denied(error="authorization_pending"):
                pass
            case Denied(error="slow_down"):
                interval = min(interval + MORE, SLOWEST)
            case _:
                raise Ungranted(f"no consent: {answer}")
    raise Ungranted("nobody has consented in time; begin again")


def _text(answer: dict[str, Any], key: str) -> str:
    value = answer.get(key)
    if not isinstance(value, str) or not value:
        raise Nonsense(f"told no {key}")
    return value
