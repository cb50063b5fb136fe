"""`policy test`: a table of cases, a difference for each that fails, and what no case reaches."""

from __future__ import annotations

import pytest

POLICY = """version: 1
rules:
  - {name: big, when: size > 1000, then: reject}
  - {name: odd, when: 'subject == "odd"', then: discard}
tests:
  - {name: a big one, facts: {size: 2000}, expect: {disposition: reject, rule: big}}
  - {name: the mail, mail: small.eml, expect: {disposition: accept, rule: none}}
"""
MAIL = b"From: a@x.example\r\nSubject: small\r\n\r\nx\r\n"


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "own.yaml").write_text(POLICY)
    (folder / "small.eml").write_bytes(MAIL)
    return folder


def test_cases_that_pass(desk, folder):
    done = desk("policy", "test", str(folder), "--json")
    assert done.code == 0
    assert [(one["result"], one["case"], one["rule"]) for one in done.records] == [
        ("ok", "a big one", "big"),
        ("ok", "the mail", "none"),
    ]
    assert "warning: own.yaml:4: no case reaches the rule odd" in done.err


def test_a_case_that_fails_is_shown_as_a_difference(desk, folder):
    (folder / "own.yaml").write_text(POLICY.replace("size > 1000", "size > 3000"))
    done = desk("policy", "test", str(folder))
    assert done.code == 65
    assert "own.yaml:6: a big one\n  - disposition: reject\n  + disposition: accept\n" in done.err
    assert done.err.rstrip().endswith(f"1 of 2 cases failed in {folder}")


def test_a_mail_that_asks_is_seen_to_ask(desk, folder):
    (folder / "small.eml").write_bytes(MAIL.replace(b"small", b"odd"))
    done = desk("policy", "test", str(folder), "--json")
    assert done.code == 65
    assert done.records[1]["differences"] == [
        {"what": "disposition", "expected": "accept", "got": "discard"},
        {"what": "rule", "expected": "none", "got": "odd"},
    ]


def test_the_configured_policies_are_tried_where_none_are_named(desk):
    done = desk("policy", "test", "--json")
    assert done.code == 0
    assert len(done.records) >= 5


def test_a_bad_condition_is_one_line(desk, folder):
    (folder / "own.yaml").write_text(POLICY.replace("size >", "sise >"))
    done = desk("policy", "test", str(folder))
    assert done.code == 78
    assert len(done.err.strip().splitlines()) == 1
    assert "own.yaml:3: rules[0].when: character 1:" in done.err


def test_explain_tells_every_rule_with_what_it_read(desk, folder, tmp_path):
    desk.accounts()
    config = desk.config.read_text()
    desk.config.write_text(f"{config}\npolicies: {folder}\n" if "policies:" not in config else config)
    mail = tmp_path / "a.eml"
    mail.write_bytes(MAIL)
    done = desk("explain", str(mail), "--json")
    (found,) = done.records
    assert [(one["rule"], one["held"]) for one in found["rules"]] == [("big", False), ("odd", False)]
    assert found["rules"][0]["read"] == {"size": str(len(MAIL))}
