import pytest
import structlog
from making import Bench

from oauth2_server import AuthServer


@pytest.fixture
def auth():
    with AuthServer() as server:
        yield server


@pytest.fixture
def bench(tmp_path, auth):
    return Bench(tmp_path, auth)


@pytest.fixture
def logged():
    with structlog.testing.capture_logs() as events:
        yield events
