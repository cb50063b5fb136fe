"""Roundup: its MailGW, a message after the other, on a tracker of its classic template with SQLite, as it comes."""

from __future__ import annotations

import io
import sys
from pathlib import Path

from driven import drive
from mix import ACCOUNTS, author
from roundup import configuration, init, instance, mailgw, password

HOME = Path(sys.argv[1]) / "tracker"
TEMPLATE = Path(sys.prefix) / "share/roundup/templates/classic"


class Arguments:
    """What `roundup-mailgw` would be started with: nothing."""

    default_class = ""
    set_value = ()


def set_up():
    """A tracker whose users are the authors of the mix; its letters are written to nowhere."""
    init.install(str(HOME), str(TEMPLATE))
    config = configuration.CoreConfig(settings={"RDBMS_BACKEND": "sqlite"})
    for name, value in {
        "TRACKER_HOME": str(HOME),
        "DATABASE": "db",
        "RDBMS_BACKEND": "sqlite",
        "MAIL_DOMAIN": "example.it",
        "MAIL_HOST": "localhost",
        "MAIL_DEBUG": "/dev/null",
        "TRACKER_WEB": "http://localhost/demo/",
    }.items():
        config[name] = value
    config.save(str(HOME / config.INI_FILE))
    tracker = instance.open(str(HOME), optimize=True)  # its detectors are read once, as its server does
    tracker.init(password.Password("bench", config=config))
    database = tracker.open("admin")
    for number in range(ACCOUNTS):
        database.user.create(username=f"user{number}", address=author(number), roles="User")
    database.commit()
    database.close()
    return tracker


def main() -> None:
    """Serve the driver's other side."""
    tracker = set_up()
    gateway = mailgw.MailGW(tracker, Arguments())

    def prepare(messages):
        waiting = [io.BytesIO(message) for message in messages]
        return lambda: take_in(waiting)

    def take_in(waiting) -> int:
        for message in waiting:
            gateway.main(message)
        database = tracker.open("admin")
        try:
            return len(database.issue.list())
        finally:
            database.close()

    drive(prepare)


if __name__ == "__main__":
    main()
