"""What is in contrib/ for Prometheus and Grafana, held against Debian's Prometheus that scrapes a running gateway."""

from __future__ import annotations

import json
import re
import subprocess
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from urllib.request import urlopen

import pytest
import yaml

import metric_names
from e2e.border import message
from e2e.process import ROOT, Gateway
from e2e.sink import Sink
from e2e.waiting import LOOPBACK, free_port, until
from peers.prometheus import Prometheus, promtool

pytestmark = pytest.mark.peers

RULES = ROOT / "contrib/prometheus/gateway.rules.yml"
TESTS = ROOT / "contrib/prometheus/gateway.tests.yml"
DASHBOARD = ROOT / "contrib/grafana/gateway.json"
AUTHOR = "tecnico@rossi.example"
MORE = """\
policies_shadow: candidate
accounts: {{sources: [{{name: export, file: {{path: export.csv}}}}]}}
metrics: {{listen: "{loopback}:{metrics}"}}
imap:
  - name: assistenza
    host: {loopback}
    port: {nobody}
    tls: none
    username: support@example.it
    oauth2:
      provider: generic
      client_id: gateway
      client_secret_file: secret
      token_url: https://{loopback}:{nobody}/token
      scope: mail
      secret_ends: {ends}
"""
LISTENER = """\
  - name: from-mta-tls
    listen: {loopback}:{port}
    protocol: smtp
    position: behind-mta
    peers: [{loopback}]
    tls: {{certificate_file: cert.pem, key_file: key.pem}}
outbound:
"""
CANDIDATE = "version: 1\nrules:\n  - {name: hold-all, when: 'true', then: quarantine}\n"
EXPORT = "code,name,language,status,primary,secondary,services\nBIANCHI-003,Bianchi,it,active,info@bianchi.example,,\n"
EXPECTED = {"GatewayCredentialEnds", "GatewayCertificateEnds"}
"""What is wrong with the gateway of this test: its secret and its certificate end in five days."""


def queries() -> list[str]:
    """Every query of the dashboard, with its variables as Grafana fills them in."""
    panels = json.loads(DASHBOARD.read_text())["panels"]
    filled = {"$instance": ".*", "$ingress": ".*", "$__rate_interval": "1m"}
    return [
        re.sub(r"\$\w+", lambda found: filled[found[0]], target["expr"])
        for panel in panels
        for target in panel.get("targets", ())
    ]


def alerts() -> list[dict[str, object]]:
    [group] = yaml.safe_load(RULES.read_text())["groups"]
    return group["rules"]


def test_the_rules_are_rules_and_fire_when_they_should() -> None:
    """By promtool: a healthy gateway raises nothing, each trouble its own alert and no other; none is untried."""
    for done in (promtool("check", "rules", "--lint=all", "--lint-fatal", RULES), promtool("test", "rules", TESTS)):
        assert done.returncode == 0, done.stdout + done.stderr
    tried = set(re.findall(r'alertname="(\w+)"', TESTS.read_text()))
    assert tried == {rule["alert"] for rule in alerts()}


def test_every_name_is_a_metric_with_its_labels() -> None:
    """Of all queries, in the dashboard and in the rules: what is misspelt would be silent for ever."""
    known = metric_names.series()
    asked = "\n".join([*queries(), *(str(rule["expr"]) for rule in alerts())])
    found = set(re.findall(r"\b((?:gateway|process)_\w+)(?:\{([^}]*)\})?", asked))
    assert len(found) > 40
    for name, chosen in found:
        assert name in known, name
        labels = set(re.findall(r"(\w+)[=!]", chosen)) - {"instance", "job"}
        assert labels <= known[name], (name, labels)


def test_every_alert_leads_to_what_to_do() -> None:
    """Its runbook is a heading of operating.md, and it has its line in the table of alerts."""
    text = (ROOT / "docs/operating.md").read_text()
    headings = {line.lower().replace(" ", "-") for line in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}
    table = text.partition("\n### Alerts\n")[2].partition("\n#")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == [rule["alert"] for rule in alerts()]
    for rule in alerts():
        document, _, anchor = rule["annotations"]["runbook"].partition("#")
        assert document == "docs/operating.md"
        assert anchor in headings, rule["alert"]


@pytest.fixture
def watched(tmp_path: Path, prepared: Path) -> Gateway:
    """A gateway that has everything that there is to be told of."""
    gateway, metrics = Gateway(tmp_path, free_port(), prepared=prepared), free_port()
    command = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=gateway -days 5"
    subprocess.run(
        ["openssl", *command.split(), "-keyout", "key.pem", "-out", "cert.pem"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    for name, words in (("secret", "s3cret"), ("candidate/own.yaml", CANDIDATE), ("export.csv", EXPORT)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(words)
        (tmp_path / name).chmod(0o600)
    (tmp_path / "key.pem").chmod(0o600)
    ends = (datetime.now(UTC) + timedelta(days=5)).date()
    more = MORE.format(loopback=LOOPBACK, metrics=metrics, nobody=free_port(), ends=ends)
    config = gateway.config.read_text().replace("outbound:\n", LISTENER.format(loopback=LOOPBACK, port=free_port()))
    gateway.config.write_text(config + more)
    gateway.page = f"{LOOPBACK}:{metrics}"
    return gateway


def test_every_query_of_the_dashboard_has_data_on_a_running_gateway(watched: Gateway) -> None:
    """After mail, a canary and a backup; every alert can be evaluated, and only what is wrong fires."""
    with Sink(watched.smarthost), watched as gateway, Prometheus(gateway.page, RULES) as prometheus:
        until(lambda: prometheus.query("gateway_build_info"), "the first scrape")
        for author, evidence in ((AUTHOR, "pass"), (AUTHOR, "fail"), ("eve@attack.example", "pass")):
            gateway.accept(message(author, evidence), author)
        gateway.cli("check", "--canary", "--via", f"{LOOPBACK}:{gateway.smtp}")
        assert gateway.cli("backup", str(gateway.folder / "backup")).returncode == 0
        for query in queries():
            until(partial(prometheus.query, query), query)
        until(lambda: firing(prometheus) >= EXPECTED, "the alerts")
        assert {health for health, _ in prometheus.alerts().values()} == {"ok"}
        assert firing(prometheus) == EXPECTED
        with urlopen(f"http://{gateway.page}/metrics", timeout=10) as page:
            done = promtool("check", "metrics", stdin=page.read().decode())
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def firing(prometheus: Prometheus) -> set[str]:
    return {name for name, (_, state) in prometheus.alerts().items() if state == "firing"}
