import os

import pytest

from cli.desk import CONFIG, Desk


@pytest.fixture
def desk(tmp_path, monkeypatch, capfdbinary, restored):
    mask = os.umask(0o077)
    one = Desk(tmp_path / "gateway", monkeypatch, capfdbinary)
    one.folder.mkdir()
    one.config.write_text(CONFIG)
    yield one
    os.umask(mask)
