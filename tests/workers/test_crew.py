"""What a worker is made of has one digest: one that would be made of anything else takes nobody's place."""

from __future__ import annotations

import shutil

import pytest

from gateway import build
from gateway.config import load
from gateway.shipped import shipped

CONFIG = """\
hostname: gateway.example.it
addresses: [support@example.it]
policies: policies
templates: templates
smtp: [{name: a, listen: 127.0.0.1:8025}]
"""


@pytest.fixture
def digest(tmp_path):
    """A function that gives the digest of the files as they are."""
    (tmp_path / "gateway.yaml").write_text(CONFIG)
    shutil.copytree(shipped("policies"), tmp_path / "policies")
    shutil.copytree(shipped("config/templates"), tmp_path / "templates")
    return lambda: build.house(load(tmp_path / "gateway.yaml")).digest


@pytest.mark.parametrize(
    "file", ["policies/default.yaml", "templates/it/opened.txt", "templates/en/reply.txt", "gateway.yaml"]
)
def test_an_edit_of_any_file_is_another_digest(tmp_path, digest, file):
    """Policies, words and addresses alike."""
    before, path = digest(), tmp_path / file
    assert digest() == before
    added = "panel: https://panel.example.it/\n" if file == "gateway.yaml" else "# or else\n"
    path.write_text(path.read_text() + added)
    assert digest() != before


def test_where_mail_comes_in_is_no_part_of_it(tmp_path, digest):
    """So a port or a certificate is changed without new workers."""
    before = digest()
    (tmp_path / "gateway.yaml").write_text(CONFIG.replace("8025", "8026"))
    assert digest() == before
