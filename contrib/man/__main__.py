"""`python -m contrib.man FOLDER` writes the manual pages, dated by SOURCE_DATE_EPOCH where that is set."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from contrib.man.pages import PAGES

said = os.environ.get("SOURCE_DATE_EPOCH")  # reproducible-builds.org: the same source makes the same pages
day = (datetime.fromtimestamp(int(said), UTC) if said else datetime.now(UTC)).date()
folder = Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
for name, page in PAGES.items():
    (folder / name).write_text("\n".join([*page(day), ""]), "ascii")
