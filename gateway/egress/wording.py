"""The operator's templates: facts to the words of a letter. They see no recipient, no header and not the system.

A template is a file `LANGUAGE/KIND.txt`: a line `Subject: ...`, an empty line, the text. All of them are rendered once
when they are loaded, so that a misspelt fact is found by `gateway check` and not by the first letter of the night.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, nodes
from jinja2.meta import find_undeclared_variables
from jinja2.sandbox import ImmutableSandboxedEnvironment

from gateway.core.account import Language
from gateway.core.letter import SUBJECT_CHARACTERS, one_line
from gateway.core.problem import ConfigError, Problem
from gateway.core.reference import tag
from gateway.core.reply import Kind, Words
from gateway.shipped import shipped

OCTETS = 64 * 1024
"""The most that a template, and what it renders to, may be."""

_SUBJECT = "Subject: "
_REFERENCE = "7Q4TM-9XK2F"
SAMPLE: Mapping[str, str] = {
    "reference": _REFERENCE,
    "tag": tag(_REFERENCE),
    "subject": "Il sito non risponde " * 20,  # long, so that a tag at the end is seen to fall off
    "name": "Rossi S.r.l.",
    "text": "Buongiorno,\n\nil sito risponde di nuovo.",
    "sender": "Assistenza",
    "hostname": "gateway.example.it",
    "panel": "https://panel.example.it/requests",
    "when": "2026-11-22 09:30 UTC",
    "until": "2026-11-29 09:30 UTC",
    "as_primary": "yes",
    "digest": "yes",
}
"""The facts that a template may ask for, all of them text."""

OWN = frozenset(Kind) - {Kind.CONFIRM}
"""Templates that an operator who has any has all of; the others came later."""

_EXPRESSION_FAULTS = (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError)
"""What an operator's expression may raise."""


@dataclass(frozen=True, slots=True)
class _Letter:
    subject: Template
    text: Template
    source: str


class Templates:
    """Implements the port Wording."""

    def __init__(self, letters: Mapping[tuple[Language, str], _Letter], fallback: Language) -> None:
        self._letters = letters
        self._fallback = fallback
        self.digest = sha256("\0".join(one.source for one in letters.values()).encode()).hexdigest()

    @classmethod
    def load(cls, directory: Path | None, languages: Iterable[Language], answers: Iterable[str] = ()) -> Templates:
        """Read every kind and these answers, in every language; None is the directory shipped. Raises ConfigError."""
        root = directory or shipped("config/templates")
        wanted = tuple(dict.fromkeys(languages)) or tuple(Language)
        letters: dict[tuple[Language, str], _Letter] = {}
        names = [*(kind.value for kind in Kind if kind is not Kind.ANSWER), *sorted(answers)]
        problems: list[Problem] = []
        for language in wanted:
            for name in names:
                try:
                    letters[language, name] = _read(_file(root, language, name), name)
                except ConfigError as fault:
                    problems.extend(fault.problems)
        if problems:
            raise ConfigError(*problems)
        return cls(letters, wanted[0])

    def render(self, name: str, language: Language, facts: dict[str, str]) -> Words:
        """The words of a template; a language that was not loaded gets the first one's. Raises ValueError."""
        letter = self._letters.get((language, name)) or self._letters[self._fallback, name]
        return _render(letter, name, facts)


def _file(root: Path, language: Language, name: str) -> Path:
    """The operator's template; of an answer or a question that they have no own of, the shipped one if there is."""
    own, ours = (one / language / f"{name}.txt" for one in (root, shipped("config/templates")))
    return ours if name not in OWN and ours.exists() and not own.exists() else own


def _read(path: Path, name: str) -> _Letter:
    try:
        with path.open("rb") as file:
            source = file.read(OCTETS + 1).decode("utf-8-sig").replace("\r\n", "\n")
    except (OSError, UnicodeDecodeError) as fault:
        why = fault.strerror if isinstance(fault, OSError) else "is not UTF-8"
        raise ConfigError(Problem(str(path), 0, "", f"cannot be read ({why})", "a template in UTF-8")) from fault
    subject, _, rest = source.partition("\n")
    gap, _, text = rest.partition("\n")
    if len(source.encode()) > OCTETS or not subject.startswith(_SUBJECT) or gap.strip() or not text.strip():
        raise ConfigError(Problem(str(path), 1, "", "is no letter", "a line 'Subject: ...', an empty line, the text"))
    letter = _Letter(_compiled(path, subject.removeprefix(_SUBJECT)), _compiled(path, f"\n\n{text}"), source)
    try:
        _render(letter, name, SAMPLE)
    except ValueError as fault:
        raise ConfigError(Problem(str(path), 0, "", str(fault), "try it with the shipped one beside it")) from fault
    return letter


def _compiled(path: Path, source: str) -> Template:
    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined,
        autoescape=False,
        keep_trailing_newline=True,
    )
    try:
        tree = environment.parse(source)
        if unknown := find_undeclared_variables(tree) - SAMPLE.keys():
            name = next(one for one in tree.find_all(nodes.Name) if one.name in unknown)
            known = f"known here: {', '.join(SAMPLE)}"
            raise ConfigError(Problem(str(path), name.lineno, name.name, "no such fact", known))
        return environment.from_string(tree)
    except TemplateSyntaxError as fault:
        raise ConfigError(Problem(str(path), fault.lineno, "", f"is no template: {fault.message}")) from fault


def _render(letter: _Letter, name: str, facts: Mapping[str, str]) -> Words:
    words = Words(_bounded(letter.subject, facts).strip(), _bounded(letter.text, facts).strip("\n") + "\n")
    if name == Kind.CONFIRM:
        if facts["tag"] in words.subject:  # a tag is a ticket's: the answer would be held as about another's
            raise ValueError("the subject has {{ tag }}, and a question has no ticket")
    elif facts["tag"] not in one_line(words.subject, SUBJECT_CHARACTERS):  # what finds the ticket when all else is lost
        raise ValueError("the subject has no {{ tag }}, or has it where a long subject cuts it off")
    if name == Kind.REPLY and facts["text"].strip() not in words.text:
        raise ValueError("the text has no {{ text }}, so what staff wrote would be lost")
    return words


def _bounded(template: Template, facts: Mapping[str, str]) -> str:
    pieces: list[str] = []
    room = OCTETS
    for piece in _pieces(template, facts):
        room -= len(piece.encode("utf-8", "replace"))
        if room < 0:
            raise ValueError(f"the letter is over {OCTETS} octets")
        pieces.append(piece)
    return "".join(pieces)


def _pieces(template: Template, facts: Mapping[str, str]) -> Iterator[str]:
    try:
        yield from template.generate(**facts)
    except _EXPRESSION_FAULTS as fault:
        raise ValueError(f"the template cannot be rendered: {fault}") from fault
