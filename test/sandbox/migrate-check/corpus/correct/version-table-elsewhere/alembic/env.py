import os

from alembic import context
from app.models import Base
from sqlalchemy import create_engine

engine = create_engine(os.environ["DATABASE_URL"])
with engine.begin() as connection:
    connection.exec_driver_sql("CREATE SCHEMA IF NOT EXISTS ops")
with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        version_table="tracehub_revisions",
        version_table_schema="ops",
    )
    with context.begin_transaction():
        context.run_migrations()
