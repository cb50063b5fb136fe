"""What `gateway check` looks at in policies and templates: what would fail, and what is doubtful though it runs."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice

from gateway.cli.finding import Finding
from gateway.cli.policy import difference
from gateway.config import Config
from gateway.config.cases import load_cases
from gateway.config.policies import load_policies, oracle_warnings
from gateway.core.doubts import doubts
from gateway.core.policy import Policy
from gateway.core.problem import ConfigError
from gateway.core.trial import never_matched, tried_out
from gateway.egress.wording import Templates

DIFFERENCES = 3
"""Cases that failed and are shown; `gateway policy test` shows all."""


def examine(config: Config) -> Iterator[Finding]:
    """The set that `run` would read, its own cases, and the templates that it answers with."""
    try:
        policy = load_policies(config.policies)
    except ConfigError as fault:
        yield from _faults("policies", fault)
        yield from _templates(config, Policy())
        return
    yield Finding(Finding.OK, "policies", f"{config.policies} ({policy.digest[:12]})")
    if not policy.choices:
        yield Finding(Finding.WARN, "policies", f"{config.policies} says nothing: what is not accepted is quarantined")
    for words in chain(oracle_warnings(policy, edge=config.edge), doubts(policy, edge=config.edge)):
        yield Finding(Finding.WARN, "policies", words)
    yield from _cases(config, policy)
    yield from _templates(config, policy)


def shadow(config: Config) -> Iterator[Finding]:
    """The candidate set. A warning at most: `run` goes on without it."""
    if config.policies_shadow is None:
        return
    try:
        policy = load_policies(config.policies_shadow)
    except ConfigError as fault:
        for problem in fault.problems:
            yield Finding(Finding.WARN, "shadow", f"{problem}; nothing is compared")
    else:
        yield Finding(Finding.OK, "shadow", f"{config.policies_shadow} ({policy.digest[:12]})")


def _cases(config: Config, policy: Policy) -> Iterator[Finding]:
    """`run` tries none, so nothing here fails."""
    try:
        results = tried_out(policy, load_cases(config.policies))
    except ConfigError as fault:
        for problem in fault.problems:
            yield Finding(Finding.WARN, "policies", f"{problem}; no case was tried")
        return
    failed = [one for one in results if one.differences]
    for one in islice(failed, DIFFERENCES):
        where, *lines = difference(one)
        yield Finding(Finding.WARN, "policies", f"a case fails: {where} {' '.join(line.strip() for line in lines)}")
    if len(failed) > DIFFERENCES:
        words = f"{len(failed) - DIFFERENCES} more cases fail; gateway policy test shows them"
        yield Finding(Finding.WARN, "policies", words)
    for rule in never_matched(policy, results):
        yield Finding(Finding.WARN, "policies", f"{rule.label} is reached by no case")


def _templates(config: Config, policy: Policy) -> Iterator[Finding]:
    try:
        Templates.load(config.templates, config.languages, policy.answers)
    except ConfigError as fault:
        yield from _faults("templates", fault)
    else:
        yield Finding(Finding.OK, "templates", str(config.templates))


def _faults(what: str, fault: ConfigError) -> Iterator[Finding]:
    for problem in fault.problems:
        yield Finding(Finding.FAIL, what, str(problem))
