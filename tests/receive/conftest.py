"""Most of these are about what is decided; those about what is written are held against both kinds of database."""

from __future__ import annotations

import pytest

BOTH = {"test_receive", "test_nothing_odd_is_written"}


def pytest_generate_tests(metafunc):
    if metafunc.module.__name__ in BOTH and "url" in metafunc.fixturenames:
        metafunc.parametrize("url", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def url(request, tmp_path):
    """A database for each test."""
    if getattr(request, "param", "sqlite") == "sqlite":
        yield f"sqlite:///{tmp_path}/gateway.db"
        return
    with request.getfixturevalue("cluster").database() as address:
        yield address
