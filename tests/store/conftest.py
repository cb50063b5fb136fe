"""Each test here is held against both kinds of database: what it says is a contract, whoever keeps it."""

from __future__ import annotations

from contextlib import closing

import pytest

from house import new_database


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    """A database for each test; of PostgreSQL one that is migrated already."""
    if request.param == "sqlite":  # alone with `file_only`
        yield f"sqlite:///{tmp_path}/gateway.db"
        return
    with request.getfixturevalue("cluster").database() as address:
        yield address


@pytest.fixture
def database(url):
    """It is open, and migrated."""
    with closing(new_database(url)) as one:
        yield one
