"""`make corpus` measures where there is a collection, and is content where there is none."""

from measure import bounces, intents, reply, robots, robust, run


def test_without_a_collection_it_says_so_and_ends_well(tmp_path, capsys):
    """A clone has none beside it."""
    run.main([str(tmp_path / "nowhere")])
    assert "nothing to measure: no collection at" in capsys.readouterr().out


def test_every_message_goes_through_and_comes_back(tmp_path, restored):
    """The measure itself: one mail that is in order, one that is none, both through a real store."""
    (tmp_path / "good.eml").write_bytes(b"From: a@b.example\r\n\r\nx\r\n")
    (tmp_path / "bad.eml").write_bytes(b"\0\r\xff")
    lines = robust.report(tmp_path)
    assert lines[0] == "## Robust: 2 messages"
    assert [line for line in lines if line.startswith("  miss")] == []


def test_reply_text_tells_what_is_exact_and_what_is_lost(tmp_path):
    """Two texts: one read as expected, one of whose own words some are missing."""
    folder = tmp_path / "reply_github"
    folder.mkdir()
    (folder / "a.eml").write_bytes(b"From: a@b.example\r\n\r\nyes\r\n\r\n> ok?\r\n")
    (folder / "a.expected.json").write_text('{"visible": "yes"}')
    (folder / "b.eml").write_bytes(b"From: a@b.example\r\n\r\nyes\r\n-- \r\nBob\r\n")
    (folder / "b.expected.json").write_text('{"visible": "yes\\nBob"}')
    lines = reply.report(tmp_path)
    assert " ".join(lines[1].split()) == "reply_github exact 1 of 2, 50.0 %; nothing lost 1, 50.0 %"
    assert lines[-1] == "  miss reply_github/b: lost 'Bob'"
    assert reply.report(tmp_path / "nowhere") == ["## Reply text: none of its sets is there"]


def test_a_report_and_a_person_are_told_apart(tmp_path):
    """Delivery reports: one right, one missed, and a person's mail that is none."""
    told = '{"class": "bounce", "recipients": [{"status": "5.1.1"}]}'
    for name in ("one", "two"):
        (tmp_path / "sisimai").mkdir(exist_ok=True)
        (tmp_path / f"sisimai/{name}.expected.json").write_text(told)
    (tmp_path / "sisimai/one.eml").write_bytes(
        b"From: <>\nSubject: failure notice\n\n<a@b.example>: 550 user unknown\n"
    )
    (tmp_path / "sisimai/two.eml").write_bytes(b"From: a@b.example\nSubject: failure notice\n\nx\n")
    (tmp_path / "people").mkdir()
    (tmp_path / "people/one.eml").write_bytes(b"From: a@b.example\nSubject: Fwd: failure notice\n\nx\n")
    lines = bounces.report(tmp_path)
    assert "recognised               1 of 2 (50.0%)" in lines
    assert "other mail is none       1 of 1 (100.0%)" in lines
    assert "  miss recognised: sisimai/two: bounce" in lines


def test_ordinary_mail_that_is_called_automatic_is_named(tmp_path):
    """Robots: one person, and one whose header says otherwise."""
    (tmp_path / "stalwart").mkdir()
    (tmp_path / "stalwart/one.eml").write_bytes(b"From: a@b.example\r\n\r\nx\r\n")
    (tmp_path / "stalwart/two.eml").write_bytes(b"From: a@b.example\r\nPrecedence: bulk\r\n\r\nx\r\n")
    lines = robots.report(tmp_path)
    assert "stalwart                 1 of 2" in lines
    assert "  called bulk, a mailing: stalwart/two" in lines


def test_intents_are_counted_and_real_mail_with_one_is_named(tmp_path):
    """The table by itself, and one message that asks."""
    (tmp_path / "one.eml").write_bytes(b"From: a@b.example\r\n\r\nplease send me the EPP code\r\n")
    (tmp_path / "two.eml").write_bytes(b"From: a@b.example\r\n\r\nx\r\n")
    lines = intents.report(tmp_path)
    assert len([line for line in lines if " right " in line]) == 16
    assert lines[-2].split() == ["in", "real", "mail", "1", "of", "2"]
    assert lines[-1].endswith("/one: send me the EPP code")
