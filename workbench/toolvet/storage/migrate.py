"""Bring a database to the newest schema."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from toolvet.storage.errors import SchemaError

HEAD = "0006"
"""The newest migration; saves loading Alembic's scripts when there is nothing to do."""


def migrate(engine: sa.Engine, target: str = HEAD) -> None:
    """Run the migrations a database lacks, all in one transaction.

    Raises:
        SchemaError: The database is at a revision this version does not know.
    """
    with engine.begin() as connection:
        version = _version(connection)
        if version == target:
            return
        if version is None and sa.inspect(connection).has_table("entry"):
            raise SchemaError("the database has tables of somebody else")
        if version is not None and version > target:
            raise SchemaError(f"the database has schema {version}, this version knows {target}")
        command.upgrade(config(connection), target)


def config(connection: sa.Connection) -> Config:
    """Make Alembic's configuration for our migrations on an open connection."""
    made = Config()
    folder = str(Path(__file__).parent / "migrations")
    made.set_main_option("script_location", folder.replace("%", "%%"))
    made.set_main_option("path_separator", "os")
    made.attributes["connection"] = connection
    return made


def _version(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
