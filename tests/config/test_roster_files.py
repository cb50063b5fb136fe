"""The accounts file in its three formats: entries, or problems that name file, line, account and key."""

import json

import pytest

from gateway.config.roster import ACCOUNT_OCTETS, read_roster
from gateway.core.account import Language, Standing
from gateway.core.address import Address
from gateway.core.problem import Problem
from gateway.core.roster import Entry, Held
from gateway.shipped import shipped

YAML = """\
accounts:
  - code: ROSSI-001
    name: Rossi S.r.l.
    language: it
    status: active
    primary: Amministrazione@Rossi.example
    secondary: [tecnico@rossi.example]
    services:
      - {kind: domain, name: Rossi.Example}
  - code: 4711
    name: Smith Ltd
    language: en
    primary: office@smith.example
"""
JSON_LINES = """\
{"code": "ROSSI-001", "name": "Rossi S.r.l.", "language": "it", "status": "active",\
 "primary": "Amministrazione@Rossi.example", "secondary": ["tecnico@rossi.example"],\
 "services": [{"kind": "domain", "name": "Rossi.Example"}]}

{"code": 4711, "name": "Smith Ltd", "language": "en", "primary": "office@smith.example"}
"""
CSV = """\
code,name,language,status,primary,secondary,services
ROSSI-001,Rossi S.r.l.,it,active,Amministrazione@Rossi.example,tecnico@rossi.example;,domain:Rossi.Example
4711,Smith Ltd,en,,office@smith.example,,
"""
FORMATS = [("a.yaml", YAML), ("a.YML", YAML), ("a.jsonl", JSON_LINES), ("a.json", JSON_LINES), ("a.csv", CSV)]


@pytest.fixture
def read(tmp_path):
    def _read(name, text):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return [
            str(found).removeprefix(f"{tmp_path}/") if isinstance(found, Problem) else found
            for found in read_roster(path)
        ]

    return _read


def yaml_account(**changes):
    """One right account in YAML's flow style, with some keys changed, or left out where None."""
    account = {"code": "A-1", "name": "A", "language": "it", "primary": "a@a.example"} | changes
    return "accounts:\n- " + json.dumps({key: value for key, value in account.items() if value is not None})


@pytest.mark.parametrize(("name", "text"), FORMATS)
def test_every_format_says_the_same(read, name, text):
    """YAML, JSON Lines and CSV are three spellings of one list; domains become A-labels in lower case."""
    rossi, smith = read(name, text)
    assert rossi == Entry(
        rossi.file,
        rossi.line,
        "ROSSI-001",
        "Rossi S.r.l.",
        Language.IT,
        Standing.ACTIVE,
        Address("Amministrazione", "rossi.example"),
        (Address("tecnico", "rossi.example"),),
        (Held("domain", "rossi.example"),),
    )
    assert (smith.code, smith.status, smith.secondary, smith.services) == ("4711", Standing.ACTIVE, (), ())


@pytest.mark.parametrize(
    ("name", "text", "lines"), [(*FORMATS[0], [2, 10]), (*FORMATS[2], [1, 3]), (*FORMATS[4], [2, 3])]
)
def test_an_entry_knows_its_line(read, name, text, lines):
    """The line is the account's first, counted as an editor counts."""
    assert [entry.line for entry in read(name, text)] == lines


@pytest.mark.parametrize(("name", "text"), FORMATS)
def test_a_byte_order_mark_is_tolerated(read, name, text):
    """Spreadsheets write one."""
    assert [entry.code for entry in read(name, "\N{ZERO WIDTH NO-BREAK SPACE}" + text)] == ["ROSSI-001", "4711"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"code": None}, "account: code: is missing; up to 64"),
        ({"code": "A 1"}, 'account A 1: code: "A 1" has white space'),
        ({"code": "A" * 65}, "over 64 characters"),
        ({"code": True}, "account True: code: true is not text"),
        ({"name": "a\nb"}, 'name: "a\\nb" is empty, unprintable'),
        ({"language": "fr"}, 'account A-1: language: "fr" is not one of these; it or en'),
        ({"language": None}, "language: is missing; it or en"),
        ({"status": "actve"}, 'status: "actve" is not one of these; active or suspended or closed'),
        ({"primary": None}, "primary: is missing; one bare address"),
        ({"primary": "Rossi <a@a.example>"}, "the local part is not a plain dot-atom"),
        ({"secondary": "b@a.example"}, 'secondary: "b@a.example" is not a list; secondary: [...]'),
        ({"secondary": ["b@a.example", "no"]}, 'secondary[1]: "no": no @'),
        ({"secondary": ["A@A.example"]}, "secondary[0]: a@a.example stands twice on this account"),
        ({"services": ["x.example"]}, 'services[0]: "x.example" is not a service; {kind: domain'),
        ({"services": [{"kind": "Domain", "name": "x"}]}, 'services[0].kind: "Domain" is not a kind of service'),
        ({"services": [{"kind": "domain", "name": "x_y"}]}, 'services[0].name: "x_y": the domain is not a host name'),
        ({"services": [{"kind": "hosting"}]}, "services[0].name: is missing"),
        ({"services": [{"kind": "a", "name": "x"}] * 2}, "services[1]: a x stands twice"),
        ({"services": [{"kind": "a", "name": "x", "nam": 1}]}, "services[0].nam: unknown key; did you mean name?"),
        ({"secondry": ["b@a.example"]}, "account A-1: secondry: unknown key; did you mean secondary?"),
    ],
)
def test_what_is_wrong_with_an_account_is_told_in_one_line(read, changes, words):
    """File, line, account, key, what is wrong and what would be right; and never an entry beside it."""
    (problem,) = read("a.yaml", yaml_account(**changes))
    assert problem.startswith("a.yaml:2: account")
    assert words in problem


def test_all_problems_of_an_account_are_told(read):
    """An operator mends a file in one go."""
    assert len(read("a.yaml", yaml_account(language="fr", primary="no", nme="x"))) == 3


def test_a_problem_stands_on_its_own_line(read):
    """In YAML the key's line, not the account's."""
    (problem, _) = read("a.yaml", YAML.replace("[tecnico@rossi.example]", "[tecnico@rossi.example,\n      nobody]"))
    assert problem.startswith("a.yaml:8: account ROSSI-001: secondary[1]: ")


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.yaml", "", "a.yaml:1: is not a list of accounts; accounts: [...]"),
        ("a.yaml", "account:\n  - {}", "is not a list of accounts"),
        ("a.yaml", "- code: A", "is not a list of accounts"),
        ("a.yaml", "accounts:\n- {code: A, code: B}", "a.yaml:2: code: stands here and on line 2"),
        ("a.yaml", "accounts:\n- &a {code: A}\n- *a", "alias"),
        ("a.yaml", "accounts:\n- !!python/object:os.system {}", "has the tag"),
        ("a.yaml", "accounts:\n- " + "[" * 10_000, "nested over"),
        ("a.yaml", "accounts:\n- {code: A", "is not YAML: "),
        ("a.yaml", "accounts:\n- {code: \x07}", "a character that YAML does not allow"),
        ("a.yaml", "accounts: []\nmore: 1", "a.yaml:2: more than the list of accounts"),
        ("a.yaml", "accounts: []\n---\nmore: 1", "a.yaml:2: more than the list of accounts"),
        ("a.yaml", b"accounts:\n- {code: \xe8}", "a.yaml:2: is not UTF-8"),
        ("a.jsonl", "[\n", "a.jsonl:1: is not JSON"),
        ("a.jsonl", "[]", "a.jsonl:1: account: is not an account; a mapping with the keys code, name"),
        ("a.jsonl", "\n" + "[" * 100_000, "a.jsonl:2: is nested too deep"),
        ("a.jsonl", '{"code": "A", "code": "B"}', "code stands twice in one object"),
        ("a.csv", "", "a.csv:1: is not the header; code,name,language,status,primary,secondary,services"),
        ("a.csv", CSV.replace("code,name", "name,code"), "a.csv:1: is not the header"),
        ("a.csv", CSV.replace("4711,", "4711,5,"), "a.csv:3: has 8 fields, not 7"),
        ("a.csv", CSV.replace("domain:", "domain"), 'services[0].kind: "domainRossi.Example" is not a kind'),
        ("a.csv", CSV.replace("Smith Ltd", '"Smith Ltd'), "a.csv:3: is not CSV: unexpected end of data"),
        ("a.xlsx", CSV, "a.xlsx: has no extension that says its format; a file that ends in .yaml, .yml, .jsonl"),
        ("-", CSV, "-: has no extension"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_with_its_line(read, name, text, words):
    """Nothing is guessed: what is doubtful is a problem."""
    assert any(words in found for found in read(name, text) if isinstance(found, str)), read(name, text)


def test_one_bad_line_hides_no_other(read):
    """JSON Lines and CSV go on after a problem, so that all of them are told at once."""
    found = read("a.jsonl", "no\n" + JSON_LINES + "{}\n")
    assert [isinstance(one, str) for one in found] == [True, False, False, True, True, True, True]


def test_a_quoted_field_may_go_over_lines(read):
    """And the next account's line is still right."""
    text = CSV.replace("Smith Ltd", '"Smith ""& Sons"", Ltd"').replace("tecnico@", '"tecnico@').replace(";,", ';\n",')
    assert [(one.name, one.line) for one in read("a.csv", text)] == [("Rossi S.r.l.", 2), ('Smith "& Sons", Ltd', 4)]


@pytest.mark.parametrize("name", ["a.yaml", "a.jsonl", "a.csv"])
def test_memory_is_bounded_whatever_the_file_says(read, name):
    """One account that does not end is refused where the bound is, not read to the end."""
    head = {"a.yaml": "accounts:\n- code: |\n   ", "a.jsonl": "", "a.csv": CSV}[name]
    (problem,) = [one for one in read(name, head + "x" * (ACCOUNT_OCTETS + 1)) if isinstance(one, str)]
    assert f"one account is over {ACCOUNT_OCTETS} octets" in problem


def test_a_missing_file_is_a_problem(tmp_path):
    """As any other."""
    (problem,) = read_roster(tmp_path / "none.csv")
    assert "cannot be read (No such file or directory)" in str(problem)


def test_progress_is_told_in_octets_and_ends_at_the_end(tmp_path):
    """So a bar can be drawn over the file's size."""
    path = tmp_path / "a.csv"
    path.write_text(CSV + "".join(f"C{n},N,it,,c{n}@c.example,,\n" for n in range(10_000)))
    heard = []
    assert len(list(read_roster(path, heard.append))) == 10_002
    assert heard == sorted(heard)
    assert len(heard) > 3
    assert heard[-1] == path.stat().st_size


def test_the_sample_accounts_can_be_imported():
    """What ships is right."""
    assert all(isinstance(found, Entry) for found in read_roster(shipped("config/accounts.yaml")))
