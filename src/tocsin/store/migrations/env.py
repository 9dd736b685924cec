"""Run by alembic inside the transaction that `tocsin.store.migration.upgrade` opened."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=False)
context.run_migrations()
