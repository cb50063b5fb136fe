"""Owner: root's commands become whoever owns the gateway's files, so that none is left that the daemon cannot use.

A blob, a token or a folder that root made would be out of the daemon's reach, for it is made for its maker's eyes only
(threats rule 17). Whose the files are, says the folder of the database.
"""

from __future__ import annotations

import os
import pwd
from pathlib import Path

ROOT = 0


def become_owner(folder: Path) -> None:
    """Give root up for good, where `folder` is another user's; anybody else, or with no folder, does nothing."""
    if os.geteuid() != ROOT or not folder.exists():
        return
    owner = folder.stat()
    if owner.st_uid == ROOT:
        return
    try:
        user = pwd.getpwuid(owner.st_uid)
    except KeyError:  # as in a container: a number is enough
        os.setgroups([])
        os.environ["HOME"] = "/"
    else:
        os.initgroups(user.pw_name, owner.st_gid)
        os.environ["HOME"] = user.pw_dir  # libpq looks there, and root's it could not read
    os.setresgid(owner.st_gid, owner.st_gid, owner.st_gid)
    os.setresuid(owner.st_uid, owner.st_uid, owner.st_uid)  # the last: with it goes the right to all the others


def own_name() -> str:
    """Who we are now."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return f"uid {os.geteuid()}"
