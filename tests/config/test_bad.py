"""Every file in bad/ is refused with one line: the file, the line, the key, what is wrong and what would be right."""

from pathlib import Path

import pytest

from gateway.config import ConfigError, load

BAD = sorted((Path(__file__).parent / "bad").glob("*.yaml"))


@pytest.mark.parametrize("path", BAD, ids=[path.stem for path in BAD])
def test_a_bad_file_is_refused_with_the_words_it_states(path):
    """The first line of each file says what its refusal must contain, the line number included."""
    words = path.read_text().splitlines()[0].removeprefix("# refused: ")
    with pytest.raises(ConfigError) as refusal:
        load(path)
    assert str(refusal.value).startswith(f"{path}{words}")
    assert "\n" not in str(refusal.value)


def test_there_are_bad_files():
    """A glob that finds nothing would make the rule above true of nothing."""
    assert len(BAD) >= 30


@pytest.mark.parametrize("name", ["password-as-a-value", "database-with-password"])
def test_a_secret_put_into_the_file_is_not_repeated(name):
    """An error is logged and shown: a secret that should not be in the file must not spread from it."""
    (path,) = [one for one in BAD if one.stem.endswith(name)]
    assert "hunter2" in path.read_text()
    with pytest.raises(ConfigError) as refusal:
        load(path)
    assert not any("hunter2" in str(problem) for problem in refusal.value.problems)


def test_all_problems_are_told_in_the_order_of_the_file(tmp_path):
    """An operator mends a file in one go."""
    path = tmp_path / "gateway.yaml"
    path.write_text("hostname: gate way\naddresses: [a@b.example]\nxyzzy: 1\nlimits: {message: 3}\n")
    with pytest.raises(ConfigError) as refusal:
        load(path)
    assert [problem.line for problem in refusal.value.problems] == [1, 3, 4]
    assert str(refusal.value) == str(refusal.value.problems[0])
