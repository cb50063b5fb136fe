"""What to do about words that others have for what is wrong: drivers, servers, the kernel. A table, and its look-up.

docs/operating.md shows it under "What a line says"; a test holds the two against each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

REMEDIES: Mapping[str, str] = MappingProxyType(
    {
        "file is not a database": "name another file in `database`, or bring a backup back",
        "database disk image is malformed": "move it away and bring a backup back: `gateway restore`",
        "its file was taken away": "put it back, or stop the gateway first, then bring a backup back",
        "another file was put in its place": "put back the one that was there, or restart the gateway with this one",
        ".restoring is there": "let the restore end; where none runs, do it again, or delete that file",
        "disk I/O error": "look whether the disk is full (df) or broken (dmesg), and make room",
        "database or disk is full": "make room on its disk",
        "No space left on device": "make room on its disk",
        "Read-only file system": "mend that, and mount it for writing",
        "attempt to write a readonly database": "mend that: its disk may be mounted read-only, or the file another's",
        "Permission denied": "run it as the user whom it belongs to, or have root give it to this one (chown)",
        "Is a directory": "name a file",
        "database is locked": "another program holds it: wait for that, or end it",
        "password authentication failed": "correct the file that `database_password_file` names",
        "no password supplied": "name a file with the password as `database_password_file`",
        "does not exist": "make it, as docs/operating.md says under PostgreSQL, or correct `database`",
        "each transaction is given another session": "set `pool_mode = session` in PgBouncer, or go around it",
        "received invalid response to SSL negotiation": "something else listens there: correct the port",
        "Connection refused": "start what should listen there, or correct host and port",
        ": refused": "start what should listen there, or correct host and port",
        "Name or service not known": "correct the name of the host, or mend the DNS",
        "its name cannot be looked up": "correct the name of the host, or mend the DNS",
        "is no greeting": "something else listens there: correct the port",
        "does not speak SMTP": "something else listens there: correct the port",
        "WRONG_VERSION_NUMBER": "that port begins without TLS: `tls: starttls`, or another port",
        "certificate has expired": "have it renewed there; if it is good, the clock of this machine is wrong",
        "certificate is not yet valid": "the clock of this machine is wrong, or theirs was",
        "self-signed certificate": "name the certificate that it is signed with as `ca_file`",
    }
)
"""The first that the words hold counts."""


def remedy(words: str, otherwise: str) -> str:
    """What to do about them."""
    return next((do for said, do in REMEDIES.items() if said in words), otherwise)


def with_remedy(words: str, otherwise: str = "mend that, or try again") -> str:
    """The words, and what to do."""
    do = remedy(words, otherwise)
    return f"{words}; {do}" if do else words
