"""A bucket server on loopback: moto's, which others wrote to speak as Amazon's does."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from subprocess import Popen

import httpx

from e2e.waiting import LOOPBACK, accepts, free_port, until


@contextmanager
def s3_server(folder):
    """Its URL, until the block ends."""
    port = free_port()
    command = [Path(sys.executable).with_name("moto_server"), "-H", LOOPBACK, "-p", str(port)]
    with (folder / "moto.log").open("wb") as log, Popen(command, stdout=log, stderr=log) as server:
        try:
            until(lambda: accepts(port), "moto", 60)
            yield f"http://{LOOPBACK}:{port}"
        finally:
            server.terminate()


def make_bucket(endpoint, name):
    assert httpx.put(f"{endpoint}/{name}").status_code == 200
