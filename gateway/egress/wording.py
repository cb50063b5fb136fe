"""The operator's templates: facts to the words of a letter. They see no recipient, no header and not the system.

A template is a file `LANGUAGE/KIND.txt`: a line `Subject: ...`, an empty line, the text. All of them are tried with
samples when they are loaded, so that a misspelt fact is found by `gateway check` and not by the first letter of the
night. One that fails all the same is replaced by the shipped one: mail does not wait for our wording.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import structlog
from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, nodes
from jinja2.meta import find_undeclared_variables
from jinja2.sandbox import ImmutableSandboxedEnvironment

from gateway.core.account import Language
from gateway.core.letter import SUBJECT_CHARACTERS, one_line
from gateway.core.problem import ConfigError, Problem
from gateway.core.reply import Kind, Words
from gateway.egress.samples import SAMPLE, oddity, samples
from gateway.shipped import shipped

OCTETS = 64 * 1024
"""The most that a template, and what it renders to, may be."""

_SUBJECT = "Subject: "
OWN = frozenset(Kind) - {Kind.CONFIRM}
"""Templates that an operator who has any has all of; the others came later."""

_EXPRESSION_FAULTS = (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError)
"""What an operator's expression may raise."""

_DO = "mend the template and reload; the shipped one is sent in its place"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Letter:
    path: Path
    subject: Template
    text: Template
    source: str
    asked: frozenset[str]
    """The facts that it asks for."""


class Templates:
    """Implements the port Wording."""

    def __init__(
        self,
        letters: Mapping[tuple[Language, str], _Letter],
        instead: Mapping[tuple[Language, str], _Letter],
        fallback: Language,
    ) -> None:
        self._letters = letters
        self._instead = instead
        self._fallback = fallback
        self.digest = sha256("\0".join(one.source for one in letters.values()).encode()).hexdigest()

    @classmethod
    def load(cls, directory: Path | None, languages: Iterable[Language], answers: Iterable[str] = ()) -> Templates:
        """Read every kind and these answers, in every language; None is the directory shipped. Raises ConfigError."""
        root = directory or shipped("config/templates")
        wanted = tuple(dict.fromkeys(languages)) or tuple(Language)
        letters: dict[tuple[Language, str], _Letter] = {}
        instead: dict[tuple[Language, str], _Letter] = {}
        names = [*(kind.value for kind in Kind if kind is not Kind.ANSWER), *sorted(answers)]
        problems: list[Problem] = []
        for language in wanted:
            for name in names:
                try:
                    letter = letters[language, name] = _tried(_read(_file(root, language, name)), name)
                    ours = _instead(language, name)
                    instead[language, name] = letter if ours == letter.path else _read(ours)
                except ConfigError as fault:
                    problems.extend(fault.problems)
        if problems:
            raise ConfigError(*problems)
        return cls(letters, instead, wanted[0])

    def render(self, name: str, language: Language, facts: dict[str, str]) -> Words:
        """The words of a template; a language that was not loaded gets the first one's.

        Raises ValueError where the shipped one cannot be rendered either: then it is the facts.
        """
        key = (language if (language, name) in self._letters else self._fallback, name)
        letter = self._letters[key]
        try:
            return _render(letter, name, facts)
        except ValueError as fault:
            why = str(fault)
        words = _render(self._instead[key], name, facts)
        log.error("template.failed", template=str(letter.path), reference=facts["reference"], why=why, do=_DO)
        return words


def _file(root: Path, language: Language, name: str) -> Path:
    """The operator's template; of an answer or a question that they have no own of, the shipped one if there is."""
    own, ours = (one / language / f"{name}.txt" for one in (root, shipped("config/templates")))
    return ours if name not in OWN and ours.exists() and not own.exists() else own


def _instead(language: Language, name: str) -> Path:
    """The shipped template in place of one that fails; of an operator's own answer, that a ticket was opened."""
    root = shipped("config/templates") / language
    ours = root / f"{name}.txt"
    return ours if ours.exists() else root / f"{Kind.OPENED.value}.txt"


def _read(path: Path) -> _Letter:
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
    subject_line, names = _compiled(path, subject.removeprefix(_SUBJECT))
    body, more = _compiled(path, f"\n\n{text}")
    return _Letter(path, subject_line, body, source, names | more)


def _tried(letter: _Letter, name: str) -> _Letter:
    for facts in samples(name, letter.asked):
        try:
            _render(letter, name, facts)
        except ValueError as fault:
            wrong = f"{fault}{oddity(facts, letter.asked)}"
            raise ConfigError(
                Problem(str(letter.path), 0, "", wrong, "try it with the shipped one beside it")
            ) from fault
    return letter


def _compiled(path: Path, source: str) -> tuple[Template, frozenset[str]]:
    """A template, and the facts that it asks for."""
    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined,
        autoescape=False,
        keep_trailing_newline=True,
    )
    try:
        tree = environment.parse(source)
        asked = frozenset(find_undeclared_variables(tree))
        if unknown := asked - SAMPLE.keys():
            name = next(one for one in tree.find_all(nodes.Name) if one.name in unknown)
            known = f"known here: {', '.join(SAMPLE)}"
            raise ConfigError(Problem(str(path), name.lineno, name.name, "no such fact", known))
        return environment.from_string(tree), asked
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
