import os
import sys
from logging.config import fileConfig

from alembic import context
from app.models import Base
from sqlalchemy import create_engine, pool

fileConfig(context.config.config_file_name)

url = os.environ.get("DATABASE_URL")
if not url:
    sys.exit("alembic cannot run: DATABASE_URL is not set")

# A transaction for each migration: when one fails, those before it stay applied. That is the harder
# case for whoever deploys, and new enum values cannot be used before they are committed.
options = {"target_metadata": Base.metadata, "transaction_per_migration": True}

if context.is_offline_mode():
    context.configure(url=url, literal_binds=True, **options)
    context.run_migrations()
else:
    engine = create_engine(url, poolclass=pool.NullPool, connect_args={"connect_timeout": 10})
    with engine.connect() as connection:
        context.configure(connection=connection, **options)
        with context.begin_transaction():
            context.run_migrations()
