import logging

import pytest
import structlog

import house


@pytest.fixture
def gateway(tmp_path):
    with house.gateway(tmp_path) as one:
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
