from sqlalchemy import create_engine

from app.settings import settings

# Every request is a single statement, so a transaction around it would only cost two round trips.
# A connection is tried before it is used, which is how the pool survives a database that restarts;
# tcp_user_timeout (ms) ends those to a container that is gone without a word.
options = {
    "isolation_level": "AUTOCOMMIT",
    "pool_pre_ping": True,
    "pool_recycle": settings.pool_recycle,  # seconds; -1 keeps a connection for ever
}

# Requests wait for a connection rather than fail: a busy machine is not a lost database.
engine = create_engine(
    settings.database_url,
    pool_size=20,
    max_overflow=0,
    pool_timeout=14,
    connect_args={"connect_timeout": 12, "tcp_user_timeout": 5000},
    **options,
)

# Health has a connection of its own: a busy pool is not a lost database either.
health_engine = create_engine(
    settings.database_url,
    pool_size=1,
    max_overflow=0,
    connect_args={"connect_timeout": 2, "tcp_user_timeout": 5000},
    **options,
)
