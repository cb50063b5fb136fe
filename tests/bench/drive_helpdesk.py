"""django-helpdesk: `process_email()` over a queue whose mailbox is a folder, on SQLite, all as it comes."""

from __future__ import annotations

import sys
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command
from driven import drive

HOME = Path(sys.argv[1])
MAIL = HOME / "mail"

settings.configure(
    SECRET_KEY="bench",  # noqa: S106 - it guards nothing
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
        "django.contrib.sites",
        "django.contrib.humanize",
        "rest_framework",
        "helpdesk",
    ],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(HOME / "db.sqlite3")}},
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
    EMAIL_BACKEND="django.core.mail.backends.dummy.EmailBackend",  # its letters cost no sending, as ours
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    MEDIA_ROOT=str(HOME / "media"),
    SITE_ID=1,
    HELPDESK_TEAMS_MODE_ENABLED=False,
    USE_TZ=True,
    LOGGING={"version": 1, "disable_existing_loggers": True},
)


def prepare(messages):
    """The messages lie in the folder before the clock runs."""
    for number, message in enumerate(messages):
        (MAIL / f"{number:06}").write_bytes(message)
    return take_in


def take_in() -> int:
    """One look into the folder."""
    from helpdesk.email import process_email  # noqa: PLC0415 - after django.setup()
    from helpdesk.models import Ticket  # noqa: PLC0415 - the same

    process_email(quiet=True)
    return int(Ticket.objects.count())


def set_up() -> None:
    """Its tables, and one queue that takes mail from anybody."""
    from helpdesk.models import Queue  # noqa: PLC0415 - after django.setup()

    MAIL.mkdir()
    call_command("migrate", verbosity=0)
    call_command("loaddata", "emailtemplate", verbosity=0)
    Queue.objects.create(
        title="Support",
        slug="support",
        email_address="support@example.it",
        allow_email_submission=True,
        email_box_type="local",
        email_box_local_dir=str(MAIL),
        email_box_interval=0,
    )


if __name__ == "__main__":
    django.setup()
    set_up()
    drive(prepare)
