"""`python -m gateway.config [policies]` prints a JSON Schema: of the configuration, or of policy files."""

from __future__ import annotations

import json
import sys

from gateway.config.load import json_schema
from gateway.config.policy_schema import policy_schema

found = policy_schema() if sys.argv[1:] == ["policies"] else json_schema()
sys.stdout.write(json.dumps(found, indent=2, ensure_ascii=False) + "\n")
