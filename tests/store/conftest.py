"""Each test here is held against both kinds of database: what it says is a contract, whoever keeps it."""

from __future__ import annotations

from contextlib import closing

import pytest
from sqlalchemy import make_url

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


@pytest.fixture
def unless_told(url, cluster):
    """What the server does for whoever says nothing else, in connections that are made from here on."""
    name, given = make_url(url).database, []

    def give(setting, value):
        given.append(setting)
        cluster.sql(f"ALTER DATABASE {name} SET {setting} = '{value}'")

    yield give
    for setting in given:
        cluster.sql(f"ALTER DATABASE {name} RESET {setting}")
