"""Authentication-Results: field value to `AuthResults`, total, linear and bounded (RFC 8601 §2.2; I7).

What the grammar calls a result is one, and nothing else is: comments and quoted strings are taken out before any `;` or
`=` is looked for, so they neither hide nor forge. Real fields stray from the grammar, and some of that is read: no
authserv-id and bare domains between the results (Microsoft 365), `/` and `=` in bare values (Google), properties
without a type (`action=none`), an empty value. A word with no place is not skipped, because it may be the rest of a
reverse-path that somebody forgot to quote: then the whole field is `Unreadable`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from gateway.core.address import fold_ascii

VALUE_OCTETS = 16 * 1024
RESULTS = 50
PROPERTIES = 20  # a result
COMMENT_DEPTH = 50
PIECES = 2_000
"""Of a field: semicolons, comments, quoted strings and what stands between them. Each costs microseconds."""


@dataclass(frozen=True, slots=True)
class Property:
    """`ptype.name=value`; `ptype` is empty where none was written, the value is without its quotes."""

    ptype: str
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class MethodResult:
    """One method's result: words in lower case, properties in order, `reason=` apart."""

    method: str
    result: str
    reason: str = ""
    properties: tuple[Property, ...] = ()

    def values(self, ptype: str, name: str) -> tuple[str, ...]:
        """All values of one property: whoever wants exactly one has to see that there are two."""
        return tuple(one.value for one in self.properties if (one.ptype, one.name) == (ptype, name))


@dataclass(frozen=True, slots=True)
class AuthResults:
    """One field. `authserv_id` as written, empty where there is none (Microsoft 365)."""

    authserv_id: str
    results: tuple[MethodResult, ...] = ()


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A field that two readers may read differently. `authserv_id` is None where even that could not be read."""

    detail: str
    authserv_id: str | None = None


def parse_results(value: bytes) -> AuthResults | Unreadable:
    """Read the value of one field, folded or not. Never raises; time is linear in its length."""
    if len(value) > VALUE_OCTETS:
        return Unreadable(f"over {VALUE_OCTETS} octets")
    text = _FOLDING.sub("", value.decode("utf-8", "replace")).strip(" \t\r\n")
    if _CONTROL.search(text):
        return Unreadable("a control character")
    lexed = _lex(text.replace("\t", " "))
    if not lexed.items:
        return Unreadable(lexed.fault or "empty")
    opening = _OPENING.fullmatch(lexed.items[0])
    if opening:
        authserv_id = lexed.unquoted(opening["id"])
        items = [opening["rest"] or "", *lexed.items[1:]]
    elif _RESULT.match(lexed.items[0]):
        authserv_id, items = "", lexed.items
    else:
        return Unreadable("no authserv-id and no result at the beginning")
    fault = lexed.fault
    if opening and not _is_one(opening["version"]):
        fault = fault or "a version other than 1"  # RFC 8601 §2.2
    results = fault or _results(items, lexed, strays=not opening)
    return Unreadable(results, authserv_id) if isinstance(results, str) else AuthResults(authserv_id, results)


# Words of the grammar in normal form: one space where CFWS was, `"N"` where the Nth quoted string was.
_WORD = r"[A-Za-z0-9_-]++"
_KEY = rf"(?:{_WORD} ?\. ?)?{_WORD} ?="
_FOLDING = re.compile(r"\r?\n(?=[ \t])")  # RFC 5322 §2.2.3
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_TOKEN = re.compile(r"""(?P<quoted>"(?>(?:[^"\\]++|\\.)*)")|(?P<text>[^"();]++)|(?P<mark>.)""")
_COMMENT_MARK = re.compile(r"\\.|[()]")
_QUOTED_PAIR = re.compile(r"\\(.)")
_QUOTED = re.compile(r'"([0-9]++)"')
_OPENING = re.compile(r'(?P<id>"[0-9]++"|[^ "=]++)(?: (?P<version>[0-9]++)(?![^ ]))?(?: (?P<rest>[^ =].*+))?')
_RESULT = re.compile(rf'(?P<method>{_WORD})(?: ?/ ?(?P<version>[0-9]++))? ?= ?(?P<result>[^ "]++)')
_PROPERTY = re.compile(rf"(?:(?P<ptype>{_WORD}) ?\. ?)?(?P<name>{_WORD}) ?=(?>(?P<value>[^ ]++| (?!{_KEY})[^ ]++)?) ?")
_HOST = re.compile(r"[A-Za-z0-9.-]++")
_JUDGED = frozenset({"spf", "dkim", "dmarc"})


@dataclass(slots=True)
class _Lexed:
    """The items between semicolons in normal form. After a fault, only those that ended before it."""

    items: list[str]
    quoted: list[str]
    fault: str = ""

    def unquoted(self, word: str) -> str:
        return _QUOTED.sub(lambda mark: self.quoted[int(mark[1])], word)


def _lex(text: str) -> _Lexed:
    """Comments to spaces, quoted strings to their numbers, and a cut at every semicolon that is left."""
    lexed = _Lexed([], [])
    item: list[str] = []
    position = 0
    for _ in range(PIECES + 1):
        token = _TOKEN.match(text, position)
        if token is None:
            break
        position = token.end()
        if token["text"]:
            item.append(token["text"])
        elif token["quoted"]:
            item.append(f'"{len(lexed.quoted)}"')
            lexed.quoted.append(_QUOTED_PAIR.sub(r"\1", token["quoted"][1:-1]))
        elif token["mark"] == ";":
            lexed.items.append(_joined(item))
            item = []
        elif token["mark"] == "(" and (end := _after_comment(text, token.start())):
            item.append(" ")
            position = end
        else:
            lexed.fault = f"a {token['mark']} without its other half, or comments over {COMMENT_DEPTH} deep"
            return lexed
    else:
        lexed.fault = f"over {PIECES} pieces"
        return lexed
    if last := _joined(item):
        lexed.items.append(last)
    return lexed


def _joined(item: list[str]) -> str:
    return " ".join(word for word in "".join(item).split(" ") if word)


def _after_comment(text: str, start: int) -> int | None:
    """Where the comment that opens at `start` ends. Counts, never recurses (RFC 5322 §3.2.2)."""
    depth = 0
    for mark in _COMMENT_MARK.finditer(text, start):
        depth += {"(": 1, ")": -1}.get(mark[0], 0)
        if depth > COMMENT_DEPTH:
            return None
        if depth == 0:
            return mark.end()
    return None


def _results(items: list[str], lexed: _Lexed, *, strays: bool) -> tuple[MethodResult, ...] | str:
    """All results, or what is wrong. With `strays`, bare domains between them are passed over."""
    results: list[MethodResult] = []
    for item in filter(None, items):
        head = _RESULT.match(item)
        if head and not _is_one(head["version"]):
            return "a method of a version other than 1"
        if head:
            results.append(MethodResult(fold_ascii(head["method"]), fold_ascii(head["result"])))
        elif fold_ascii(item) == "none" or (strays and _HOST.fullmatch(item)):
            continue
        elif not results:
            return "an item that is no result"
        # `dkim=pass (ok); header.i=@x`: an item of properties alone belongs to the result before it (Yahoo of old).
        whole = _with_properties(results[-1], item[head.end() if head else 0 :].strip(" "), lexed)
        if isinstance(whole, str):
            return whole
        results[-1] = whole
        if len(results) > RESULTS:
            return f"over {RESULTS} results"
    return tuple(results)


def _with_properties(result: MethodResult, text: str, lexed: _Lexed) -> MethodResult | str:
    reason, properties, position = result.reason, list(result.properties), 0
    while position < len(text):
        found = _PROPERTY.match(text, position)
        if not found:
            return "a word that is no property"
        position = found.end()
        ptype, name = fold_ascii(found["ptype"] or ""), fold_ascii(found["name"])
        value = lexed.unquoted((found["value"] or "").strip(" "))
        if not ptype and name in _JUDGED:
            return "a result without a semicolon before it"
        if (ptype, name) == ("", "reason"):
            reason = value
        else:
            properties.append(Property(ptype, name, value))
        if len(properties) > PROPERTIES:
            return f"over {PROPERTIES} properties"
    return MethodResult(result.method, result.result, reason, tuple(properties))


def _is_one(version: str | None) -> bool:
    return version in (None, "1")
