"""A pipeline: a server is told one statement after the other, and waited for only where something is to be found.

A message is some twenty statements, four of which find something. Each that is waited for is a round trip, and on one
machine two changes of process: without a pipeline these are most of what PostgreSQL costs. SQLite is no server.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from sqlalchemy import Connection

from gateway.store.prepared import translated

_OPEN = "pipeline"
"""Where a connection has its own."""


@contextmanager
def pipelined(connection: Connection) -> Iterator[None]:
    """In here a `Prepared` statement that finds nothing is not waited for; what fails is raised by the end.

    What SQLAlchemy executes by itself wants its answer: it ends the pipeline, and all after it is waited for.
    """
    driver: Any = connection.connection.dbapi_connection
    if not hasattr(driver, "pipeline"):
        yield
        return
    about = connection.info  # of a connection that is lost nobody is told
    with ExitStack() as pipeline:
        pipeline.enter_context(driver.pipeline())
        about[_OPEN] = pipeline
        try:
            yield
        except BaseException:
            with suppress(connection.dialect.loaded_dbapi.Error):  # it is of what followed the fault
                pipeline.close()
            raise
        finally:
            del about[_OPEN]
        _end(connection, driver, pipeline)


def leave(connection: Connection, *_: object) -> None:
    """End the pipeline that is open, if one is."""
    pipeline = connection.info.get(_OPEN)
    if pipeline is not None:
        _end(connection, connection.connection.dbapi_connection, pipeline)


def _end(connection: Connection, driver: Any, pipeline: ExitStack) -> None:
    try:
        pipeline.close()
    except connection.dialect.loaded_dbapi.Error as fault:
        raise translated(connection, driver, fault) from fault
