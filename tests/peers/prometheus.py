"""Debian's Prometheus: data in a temporary folder, on a free loopback port, ended by its pid; asked by its HTTP API."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
import tempfile
from http import HTTPStatus
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from e2e.waiting import LOOPBACK, free_port, until

CONFIG = """\
global: {{scrape_interval: 200ms, scrape_timeout: 200ms, evaluation_interval: 200ms}}
rule_files: [{rules}]
scrape_configs:
  - job_name: gateway
    static_configs: [{{targets: ["{target}"]}}]
"""


def promtool(*arguments: str | Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """What the tool says."""
    program = shutil.which("promtool")
    if program is None:
        pytest.fail("promtool is not here: apt-get install prometheus")
    return subprocess.run([program, *arguments], input=stdin, capture_output=True, text=True, timeout=60, check=False)


class Prometheus:
    """`with Prometheus(target, rules) as prometheus:` has it scraping `HOST:PORT`."""

    def __init__(self, target: str, rules: Path) -> None:
        self.target, self.rules, self.port = target, rules, free_port()

    def __enter__(self) -> Self:
        program = shutil.which("prometheus")
        if program is None:
            pytest.fail("prometheus is not here: apt-get install prometheus")
        self._folder = tempfile.TemporaryDirectory(prefix="prometheus-")
        home = Path(self._folder.name)
        (home / "config.yml").write_text(CONFIG.format(rules=self.rules, target=self.target))
        where = [f"--config.file={home}/config.yml", f"--storage.tsdb.path={home}/data"]
        with (home / "log").open("wb") as log:
            command = [program, *where, f"--web.listen-address={LOOPBACK}:{self.port}"]
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        until(lambda: self._ready() or self._process.poll() is not None, "Prometheus", 30)
        if self._process.poll() is not None:
            pytest.fail((home / "log").read_text())
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(20)
        self._folder.cleanup()

    def query(self, expression: str) -> list[float]:
        """The values of the series found now, without those that are none."""
        found = self._get("query", query=expression)["result"]
        values = [float(one["value"][1]) for one in found]
        return [value for value in values if not math.isnan(value)]

    def alerts(self) -> dict[str, tuple[str, str]]:
        """Of each rule how it goes (`ok` when its expression could be evaluated), and how its alert stands."""
        groups = self._get("rules")["groups"]
        return {rule["name"]: (rule["health"], rule["state"]) for group in groups for rule in group["rules"]}

    def _ready(self) -> bool:
        """Before, it answers 503."""
        try:
            with urlopen(f"http://{LOOPBACK}:{self.port}/-/ready", timeout=10) as answer:
                return answer.status == HTTPStatus.OK
        except OSError:
            return False

    def _get(self, what: str, **asked: str) -> Any:
        with urlopen(f"http://{LOOPBACK}:{self.port}/api/v1/{what}?{urlencode(asked)}", timeout=10) as answer:
            told = json.load(answer)
        assert told["status"] == "success", told
        return told["data"]
