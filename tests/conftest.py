import pytest

import house


@pytest.fixture
def gateway(tmp_path):
    with house.gateway(tmp_path) as one:
        yield one
