"""Vouching: header fields to `Evidence`. Which Authentication-Results fields count, and what they prove of the author.

A field counts when it stands above the border's Received, where only our own border can have put it, and when its
authserv-id is a trusted one (threats rule 5). That Received is the topmost but for inner hops (`inside.py`). A message
without any Received is judged by its beginning: what stands above the first field that no border writes. Of what
counts, a pass proves something only for the very domain that we extracted (threats rule 4). Several trusted ids are
believed side by side (iCloud has one for each method), but not about the same method. Whatever is unreadable, missing,
double or in conflict proves nothing, and `detail` says what would have.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from gateway.core.address import Address, domain_key, fold_ascii
from gateway.core.authres import AuthResults, MethodResult, Unreadable, parse_results
from gateway.core.evidence import OPEN, Assurance, Evidence, Result, Source
from gateway.core.inside import GMAIL, border_at
from gateway.core.letter import shown

MICROSOFT = "protection.outlook.com"
"""Trusted under this name: Microsoft 365 writes a field with no authserv-id at all."""

FIELDS = 20
DETAIL = 300
_WORD = 60
_FIELD = "authentication-results"
_ARC_FIELD = "arc-authentication-results"
_INSTANCE = re.compile(rb"\s*+i\s*+=\s*+[0-9]++\s*+;")  # RFC 8617 §4.1.1
_BORDER_FIELDS = frozenset({_FIELD, "return-path", "delivered-to", "received-spf", "envelope-to", "delivery-date"})
_NO_POLICY = frozenset({"none", "bestguesspass"})  # threats rule 6; the second is Microsoft's guess without a record
_UNASKED = ("helo", "pra")  # SPF of these says nothing about the author (RFC 7208 §2.3)


def evidence_from(
    fields: tuple[tuple[str, bytes], ...],
    author: Address,
    trusted_ids: frozenset[str],
    inside: Sequence[str] = (),
) -> Evidence:
    """What the border's fields prove about `author`. Never raises; `fields` in order, names in lower case.

    `inside` are the hops that a message makes after the border, the last one first.
    """
    above, below = _by_position(fields, inside)
    believed = _believed(above, frozenset(fold_ascii(one) for one in trusted_ids), author.domain, below=below)
    if isinstance(believed, str):
        return Evidence(detail=shown(believed, DETAIL))
    results = [result for one in believed for result in one.results]
    spf = _spf([one for one in results if one.method == "spf"])
    dkim = [one for one in results if one.method == "dkim"]
    dmarc = [one for one in results if one.method == "dmarc"]
    border = _list(one.authserv_id for one in believed)
    assurance, detail = _judge(border, dmarc, dkim, spf, author.domain)
    return Evidence(
        source=Source.HEADER,
        assurance=assurance,
        spf=_noun(spf, _envelope_domain(spf)) if spf else None,
        dkim=tuple(_noun(one, _signer(one)) for one in dkim),
        dmarc=_word(dmarc, author.domain),
        detail=shown(detail, DETAIL),
    )


def _word(dmarc: list[MethodResult], domain: str) -> Result | None:
    """The border's one DMARC result; of several, which prove nothing, the first that says no."""
    results = [_noun(one, _only(one, "from")) for one in dmarc]
    if len(results) == 1:
        return results[0]
    return next((one for one in results if one.result not in OPEN or one.domain not in {"", domain}), None)


def _believed(above: list[bytes], trusted: frozenset[str], domain: str, *, below: bool) -> list[AuthResults] | str:
    """The fields that count, at least one; or why none does."""
    if not trusted:  # at the edge: what a stranger wrote is not even read
        return "no authserv-id is trusted here: set trusted_authserv_ids to the one our border writes"
    if len(above) > FIELDS:
        return f"over {FIELDS} Authentication-Results fields stand above the border's Received; none is believed"
    believed: list[AuthResults] = []
    strangers: list[str] = []
    for value in above:
        read = parse_results(value)
        name = None if read.authserv_id is None else _identity(read.authserv_id, trusted)
        if isinstance(read, Unreadable) and (name is None or name in trusted):
            return f"the border's Authentication-Results field cannot be read ({read.detail}); nothing is believed"
        if isinstance(read, AuthResults) and name in trusted:
            believed.append(AuthResults(name or "", read.results))
        else:
            strangers.append(name or "one without an authserv-id")
    return _rivals(believed) or believed or _missing(trusted, strangers, domain, below=below)


def _rivals(believed: list[AuthResults]) -> str:
    """Two trusted ids about one method: nobody has said which of them is the border, so neither is."""
    for method in ("dmarc", "dkim", "spf"):
        speakers = {one.authserv_id for one in believed if any(result.method == method for result in one.results)}
        if len(speakers) > 1:
            return f"{_list(speakers)} are all trusted and all judge {method}; trust one of them"
    return ""


def _missing(trusted: frozenset[str], strangers: list[str], domain: str, *, below: bool) -> str:
    """Why no field counts, and which one would have."""
    wanted = f"wanted: {_list(trusted)} with dmarc=pass header.from={domain}"
    if strangers:
        return f"above the border's Received only {_list(strangers)} speaks, which is not trusted; {wanted}"
    if below:
        return f"Authentication-Results stands only where the sender can write it, below the border's fields; {wanted}"
    return f"no Authentication-Results field; {wanted}"


def _by_position(fields: Sequence[tuple[str, bytes]], inside: Sequence[str]) -> tuple[list[bytes], bool]:
    """The values that stand where only the border writes, and whether others stand below (threats rule 5)."""
    names = [name for name, _ in fields]
    received = [at for at, name in enumerate(names) if name == "received"]
    if received:
        end = received[border_at([fields[at][1] for at in received], inside)]
    else:  # no border prepended a Received: its block ends where the author's own fields begin
        end = next((n for n, name in enumerate(names) if not _is_border_field(name)), len(names))
    values = [value for name, value in fields[:end] if name == _FIELD]
    if GMAIL in inside:  # it writes its Authentication-Results below its Received, and the same once more above it
        values += [_INSTANCE.sub(b"", value, 1) for name, value in fields[:end] if name == _ARC_FIELD]
    return values, _FIELD in names[end:]


def _is_border_field(name: str) -> bool:
    return name in _BORDER_FIELDS or name.startswith("x-")


def _identity(authserv_id: str, trusted: frozenset[str]) -> str:
    if not authserv_id and MICROSOFT in trusted:
        return MICROSOFT
    return fold_ascii(authserv_id)  # RFC 8601 §2.5: compared as a whole, never by ending


def _judge(
    border: str, dmarc: list[MethodResult], dkim: list[MethodResult], spf: MethodResult | None, domain: str
) -> tuple[Assurance, str]:
    """Exactly one DMARC result for exactly this domain, and a pass of it or of what it would have rested on."""
    objection = _objection(border, dmarc, domain)
    if objection:
        return Assurance.NONE, objection
    if dmarc[0].result == "pass":
        return Assurance.DOMAIN, f"{border} says dmarc=pass for {domain}"
    without = f"{domain} has no DMARC policy (dmarc={dmarc[0].result})"  # threats rule 6: positive proof is needed
    if any(one.result == "pass" and _signer(one) == domain and not _is_weak(one) for one in dkim):
        return Assurance.DOMAIN, f"{without}, but {border} says dkim=pass for it"
    if spf and spf.result == "pass" and _envelope_domain(spf) == domain:
        return Assurance.DOMAIN, f"{without}, but {border} says spf=pass for it"
    return Assurance.NONE, f"{without}; wanted: dkim=pass header.d={domain} or spf=pass smtp.mailfrom={domain}"


def _objection(border: str, dmarc: list[MethodResult], domain: str) -> str:
    """What keeps the DMARC results from being one pass, or one absence of a policy, for this domain."""
    wanted = f"wanted: dmarc=pass header.from={domain}"
    if len(dmarc) != 1:
        return f"{border} gives {len(dmarc) or 'no'} DMARC results; {wanted}, once"
    word, looked_at = dmarc[0].result, dmarc[0].values("header", "from")
    if len(looked_at) > 1:
        return f"{border} says dmarc={shown(word, _WORD)} for {len(looked_at)} domains at once; {wanted} alone"
    if looked_at and _domain(looked_at[0]) != domain:  # threats rule 4
        return f"the border looked at {shown(looked_at[0], _WORD)}, the author is {domain}"
    if word == "pass" and not looked_at:
        return f"the border looked at no domain that it names, the author is {domain}; {wanted}"
    if word != "pass" and word not in _NO_POLICY:  # of DKIM or SPF that pass nonetheless, DMARC has already judged
        return f"{border} says dmarc={shown(word, _WORD)} for {domain}; {wanted}"
    return ""


def _spf(results: list[MethodResult]) -> MethodResult | None:
    """The one SPF result about the reverse-path; None when two differ."""
    asked = [
        one for one in results if one.values("smtp", "mailfrom") or not any(one.values("smtp", q) for q in _UNASKED)
    ]
    asked = asked or results
    answers = {(one.result, _envelope_domain(one)) for one in asked}
    return asked[0] if len(answers) == 1 else None


def _signer(dkim: MethodResult) -> str:
    """The signing domain: `header.d`, else what `header.i` has behind its @ (RFC 6376 §3.5)."""
    if dkim.values("header", "d"):
        return _only(dkim, "d")
    identities = dkim.values("header", "i")
    return _domain(identities[0].rpartition("@")[2]) if len(identities) == 1 else ""


def _is_weak(dkim: MethodResult) -> bool:
    return "rsa-sha1" in map(fold_ascii, dkim.values("header", "a"))  # RFC 8301 §3.1


def _envelope_domain(spf: MethodResult) -> str:
    senders = spf.values("smtp", "mailfrom")
    return _domain(senders[0].rpartition("@")[2]) if len(senders) == 1 else ""


def _only(result: MethodResult, name: str) -> str:
    values = result.values("header", name)
    return _domain(values[0]) if len(values) == 1 else ""


def _domain(text: str) -> str:
    try:
        return domain_key(text)
    except ValueError:
        return ""


def _noun(result: MethodResult, domain: str) -> Result:
    selectors = result.values("header", "s") if result.method == "dkim" else ()
    return Result(shown(result.result, _WORD), domain, shown(selectors[0], _WORD) if len(selectors) == 1 else "")


def _list(names: Iterable[str]) -> str:
    return ", ".join(shown(name, _WORD) for name in sorted(set(names))[:3])
