"""The schema's version: brought up to date, or refused clearly when it is from another time."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from gateway.store.database import Database
from gateway.store.keys import ensure_key

HEAD = "0022"
"""The revision this version of the gateway works with (a test holds it against migrations/)."""


class WrongSchema(Exception):  # noqa: N818 - a state of the database
    """The database is of another version; the words say which, and what to do."""


def current(connection: Connection) -> str | None:
    """The revision that the database is at, or None for an empty one. Raises WrongSchema for what is not ours."""
    tables = set(inspect(connection).get_table_names())
    if not tables:
        return None
    revision = connection.execute(_revision).scalar() if "alembic_version" in tables else None
    if revision is None:
        name = connection.engine.url.database
        raise WrongSchema(f"{name} holds tables that are not the gateway's; name another database")
    return str(revision)


def require(database: Database) -> None:
    """Raise WrongSchema unless the database is at HEAD."""
    revision = database.read(current)
    if revision is None:
        raise WrongSchema(f"{database} is empty; run `gateway migrate` first")
    if revision != HEAD:
        raise WrongSchema(_refusal(database, revision))


def migrate(database: Database, now: datetime) -> bool:
    """Bring the database to HEAD; True where anything was done. Raises WrongSchema for one from the future."""
    revision = database.read(current)
    if revision == HEAD:
        return False
    if revision is not None and revision not in known():
        raise WrongSchema(_refusal(database, revision))

    def work(connection: Connection) -> None:
        upgrade(connection)
        ensure_key(connection, now)

    database.remake(work)
    return True


def known() -> frozenset[str]:
    """Every revision this version knows."""
    return frozenset(path.name.partition("_")[0] for path in (_FOLDER / "versions").glob("*_*.py"))


_revision = text("select version_num from alembic_version")
_FOLDER = Path(__file__).parent / "migrations"


def upgrade(connection: Connection, revision: str = HEAD) -> None:
    """Run the migrations up to a revision."""
    from alembic import command  # noqa: PLC0415 - a third of a second that only a migration needs
    from alembic.config import Config  # noqa: PLC0415 - the same

    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def _refusal(database: Database, revision: str) -> str:
    if revision in known():
        return f"{database} is at schema {revision}, this gateway needs {HEAD}; run `gateway migrate`"
    return f"{database} is at schema {revision}, newer than this gateway knows ({HEAD}); install the newer gateway"
