import os

from alembic import context
from app.models import Base
from sqlalchemy import create_engine

if not os.environ.get("JWT_SECRET"):
    raise SystemExit("JWT_SECRET is not set")
engine = create_engine(os.environ["DATABASE_URL"])
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
