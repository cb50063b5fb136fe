"""Policy files to a `Policy`. A file can refuse in many ways and grant in none; what it leaves out is quarantined."""

from __future__ import annotations

import hashlib
from pathlib import Path
from types import MappingProxyType

from gateway.config import attachments, rates
from gateway.config import retention as periods
from gateway.config.rules import QUEUES, rules
from gateway.config.yaml import Document, Keys, Plain, read
from gateway.core.confirmation import Asking
from gateway.core.evidence import Assurance
from gateway.core.limits import AttachmentLimits
from gateway.core.mentions import COUNTED, Part
from gateway.core.policy import CHOICES, FIXED, SETTABLE, TELLING, Choice, Policy
from gateway.core.problem import ConfigError, Problem, near
from gateway.core.rates import Bound, RateLimits
from gateway.core.reason import Disposition, Reason
from gateway.core.retention import Retention
from gateway.core.rule import Rule
from gateway.shipped import shipped

VERSION = 1
WORDS = {
    "queue": QUEUES,
    "least_assurance": (Assurance.DOMAIN_ONLY.value, Assurance.DOMAIN.value),
    "thread_auto_responses": ("quarantine", "fold"),
    "confirmation": (Asking.OFF.value, Asking.DIGEST.value, Asking.EACH.value),
}
"""Keys that may be said once in all files, and what each may be; what is so where none says it comes first."""
_KEYS = ("version", *WORDS, "about", "attachments", "retention", "limits", "dispositions", "rules", "tests")


def load_policies(directory: Path | None) -> Policy:
    """Read all *.yaml of a directory, in the order of their names; None is the one shipped. Raises ConfigError."""
    return _Reader().policy(directory or shipped("policies"))


def files(directory: Path) -> list[Path]:
    """The files of a set of policies, in the order in which they are read. Raises ConfigError."""
    try:
        found = sorted(path for path in directory.iterdir() if path.suffix in (".yaml", ".yml"))
    except OSError as fault:
        wrong = f"cannot be read ({fault.strerror})"
        raise ConfigError(Problem(str(directory), 0, "", wrong, "a directory of *.yaml")) from fault
    for path in found:
        if path.suffix == ".yml":
            raise ConfigError(Problem(str(path), 0, "", "would not be read", "name it .yaml"))
    return found


def oracle_warnings(policy: Policy, *, edge: bool) -> list[str]:
    """At the edge, reasons that depend on the accounts and are refused in different ways (I10). One line each."""
    ways: dict[Disposition, list[str]] = {}
    for reason in sorted(TELLING):
        choice = policy.choices.get(reason)
        ways.setdefault(choice.disposition if choice else Disposition.QUARANTINE, []).append(reason.value)
    if not edge or len(ways) < 2:  # noqa: PLR2004 - one way tells nothing
        return []
    told = "; ".join(f"{way}: {', '.join(reasons)}" for way, reasons in sorted(ways.items()))
    return [f"a stranger can tell who is registered by how mail is refused at the edge ({told})"]


class _Reader:
    """What the files have said so far."""

    def __init__(self) -> None:
        self._choices: dict[Reason, Choice] = {}
        self._words = {key: (words[0], "") for key, words in WORDS.items()}
        """What was said, and where."""
        self._about = (COUNTED, "")
        self._attachments = (AttachmentLimits(), "")
        self._retention = (Retention(), "")
        self._limits: dict[str, Bound] = {}
        self._once = {
            "about": self._take_about,
            "attachments": self._take_attachments,
            "retention": self._take_retention,
            "limits": self._take_limits,
        }
        self._rules: dict[str, Rule] = {}
        self._digest = hashlib.sha256()

    def policy(self, directory: Path) -> Policy:
        for path in files(directory):
            self._file(path)
        queue, least = self._words["queue"][0], Assurance(self._words["least_assurance"][0])
        digest = self._digest.hexdigest()
        fold = self._words["thread_auto_responses"][0] == "fold"
        choices = MappingProxyType(self._choices)
        return Policy(
            choices=choices,
            queue=queue,
            digest=digest,
            least_assurance=least,
            about=self._about[0],
            attachments=self._attachments[0],
            fold=fold,
            retention=self._retention[0],
            limits=RateLimits(**self._limits),
            confirmation=Asking(self._words["confirmation"][0]),
            rules=tuple(self._rules.values()),
        )

    def _file(self, path: Path) -> None:
        document = read(path)
        self._digest.update(f"{path.name}\0{len(document.octets)}\0".encode() + document.octets)
        if document.data is None:
            return  # an empty file says nothing, and what is not said is quarantined
        data = document.section((), document.data, _KEYS)
        if data.get("version") != VERSION or isinstance(data["version"], bool):
            raise ConfigError(document.problem(("version",), "is not one that can be read", f"version: {VERSION}"))
        for key in WORDS.keys() & data.keys():
            self._take_word(document, path.name, key, data[key])
        for key, take in self._once.items():
            if key in data:
                take(document, path.name, data[key])
        if "rules" in data:
            earlier = {name: rule.where for name, rule in self._rules.items()}
            self._rules |= {rule.name: rule for rule in rules(document, data["rules"], earlier)}
        said = data.get("dispositions")
        for key, value in document.section(("dispositions",), {} if said is None else said).items():
            self._take_choice(document, path.name, key, value)

    def _take_word(self, document: Document, name: str, key: str, value: Plain) -> None:
        if not isinstance(value, str) or value not in WORDS[key]:
            raise ConfigError(document.problem((key,), f"is no {key} ({value})", " or ".join(WORDS[key])))
        if earlier := self._words[key][1]:
            raise ConfigError(document.problem((key,), f"is also set at {earlier}", "set it once"))
        self._words[key] = (value, f"{name}:{document.line((key,))}")

    def _take_about(self, document: Document, name: str, value: Plain) -> None:
        right = f"a list of {', '.join(Part)}"
        if not isinstance(value, list) or not value:
            raise ConfigError(document.problem(("about",), "is not a list of parts of a message", right))
        for at, word in enumerate(value):
            if word not in tuple(Part):
                right = near(word, tuple(Part)) if isinstance(word, str) else right
                raise ConfigError(document.problem(("about", at), f"is no part of a message ({word})", right))
        if earlier := self._about[1]:
            raise ConfigError(document.problem(("about",), f"is also set at {earlier}", "set it once"))
        self._about = (frozenset(map(Part, map(str, value))), f"{name}:{document.line(('about',))}")

    def _take_attachments(self, document: Document, name: str, value: Plain) -> None:
        said = document.section(("attachments",), value, attachments.KEYS)
        if earlier := self._attachments[1]:
            raise ConfigError(document.problem(("attachments",), f"is also set at {earlier}", "set it once"))
        limits = attachments.attachment_limits(document, said)
        self._attachments = (limits, f"{name}:{document.line(('attachments',))}")

    def _take_retention(self, document: Document, name: str, value: Plain) -> None:
        said = document.section(("retention",), {} if value is None else value, periods.KEYS)
        if earlier := self._retention[1]:
            raise ConfigError(document.problem(("retention",), f"is also set at {earlier}", "set it once"))
        self._retention = (periods.retention(document, said), f"{name}:{document.line(('retention',))}")

    def _take_limits(self, document: Document, name: str, value: Plain) -> None:
        self._limits |= rates.bounds(document, name, value, self._limits)

    def _take_choice(self, document: Document, name: str, key: str, value: Plain) -> None:
        keys: Keys = ("dispositions", key)
        choices = ", ".join(sorted(CHOICES))
        if key in set(FIXED):
            fixed = f"is always {FIXED[Reason(key)]}, whatever a policy says"
            raise ConfigError(document.problem(keys, fixed, "leave it out"))
        if key not in set(SETTABLE):
            raise ConfigError(document.problem(keys, "is no reason for a refusal", near(key, sorted(SETTABLE))))
        if value == Disposition.ACCEPT:
            wrong = "accept: a policy can refuse in many ways and grant in none"
            raise ConfigError(document.problem(keys, wrong, choices))
        if not isinstance(value, str) or value not in set(CHOICES):
            raise ConfigError(document.problem(keys, f"is not a disposition ({value})", choices))
        if earlier := self._choices.get(Reason(key)):
            raise ConfigError(document.problem(keys, f"is also set at {earlier.where}", "set it once"))
        self._choices[Reason(key)] = Choice(Disposition(value), f"{name}:{document.line(keys)}")
