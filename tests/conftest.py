import logging

import pytest
import structlog
from hypothesis import HealthCheck, settings

import house
from postgresql import Cluster

# A busy machine is no fault of the code: no property is timed, here or anywhere.
settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
if settings.get_current_profile_name() == "default":  # the mutants load their own before
    settings.load_profile("shared")


@pytest.fixture
def url(tmp_path):
    """Where a test has its database; folders that are about the store ask for one of each kind."""
    return f"sqlite:///{tmp_path}/gateway.db"


@pytest.fixture
def gateway(tmp_path, url):
    with house.gateway(tmp_path, watchable=True, url=url) as one:
        yield one


@pytest.fixture(scope="session")
def cluster():
    """A PostgreSQL, started when it is first wanted."""
    with Cluster() as one:
        yield one


@pytest.fixture
def restored():
    """The configuration of logs is the process's own: put back what was there."""
    root, before = logging.getLogger(), logging.getLogger().handlers[:]
    level = root.level
    yield
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()
    root.handlers[:] = before
    root.setLevel(level)
