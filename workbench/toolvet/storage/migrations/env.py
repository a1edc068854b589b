"""Runs migrations on the connection it is given; never opens one."""

from alembic import context

from toolvet.storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
