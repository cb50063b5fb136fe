"""`make corpus` measures where there is a collection, and is content where there is none."""

from measure import robust, run


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
