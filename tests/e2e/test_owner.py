"""Root's own commands: what they leave behind belongs to the user of the daemon."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from e2e.border import message
from e2e.process import Gateway

OWNER = 61_234
"""Nobody's number: it need not have a name."""
LARGE = "una riga di testo della nostra richiesta\n" * 10_000
"""Over `blobs.inline`, so that it becomes a file of its own."""

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


@pytest.fixture
def theirs(prepared: Path) -> Iterator[Gateway]:
    """A gateway whose folder and database are the owner's; no test's own folder can be reached by others."""
    with TemporaryDirectory(prefix="gateway-") as folder:
        gateway = Gateway(Path(folder), smarthost=9, prepared=prepared)
        gateway.copy()
        for path in (gateway.folder, *gateway.folder.glob("gateway.db*")):
            os.chown(path, OWNER, OWNER)
        yield gateway


def test_what_root_writes_is_the_owners(theirs: Gateway) -> None:
    """Of a large message that root takes in, the daemon's user owns the folders, the blob and the journals."""
    before = set(theirs.folder.rglob("*"))
    with closing(theirs.database()) as other:  # as a daemon would, it keeps the journals there
        other.execute("SELECT count(*) FROM account").fetchall()
        done = theirs.cli("ingest", stdin=message("tecnico@rossi.example", text=LARGE))
        assert done.returncode == 0, done.stderr
        made = set(theirs.folder.rglob("*")) - before
        assert {"gateway.db.blobs", "gateway.db-wal"} <= {path.name for path in made}
        assert {path.stat().st_uid for path in made} == {OWNER}


def test_a_folder_that_only_root_can_write_is_told_with_the_name_of_who_cannot(theirs: Gateway, tmp_path: Path) -> None:
    """Root wonders otherwise why root may not."""
    done = theirs.cli("backup", str(tmp_path / "copy"))
    assert (done.returncode, done.stderr) == (69, f"gateway: {tmp_path}/copy: Permission denied for uid {OWNER}\n")
