import os
import sys
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    database_url: str
    jwt_secret: str
    vizion_api_key: str | None
    demo_password: str | None
    pool_recycle: int
    revision: str
    fault: str | None


def from_environment() -> Settings:
    missing = [name for name in ("DATABASE_URL", "JWT_SECRET") if not os.environ.get(name)]
    if missing:
        sys.exit(f"TraceHub cannot start: {' and '.join(missing)} must be set in the environment")
    return Settings(
        database_url=os.environ["DATABASE_URL"],
        jwt_secret=os.environ["JWT_SECRET"],
        vizion_api_key=os.environ.get("VIZION_API_KEY"),
        demo_password=os.environ.get("DEMO_PASSWORD"),
        pool_recycle=int(os.environ.get("DB_POOL_RECYCLE", -1)),
        revision=os.environ.get("APP_REVISION", "development"),
        fault=os.environ.get("APP_FAULT") or None,
    )


settings = from_environment()
