"""`python -m gateway.config` prints the JSON Schema of the configuration, as docs/gateway.schema.json has it."""

from __future__ import annotations

import json
import sys

from gateway.config.load import json_schema

sys.stdout.write(json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n")
