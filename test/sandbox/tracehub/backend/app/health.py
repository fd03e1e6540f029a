import asyncio

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from sqlalchemy.exc import SQLAlchemyError

from app.database import health_engine

router = APIRouter()

# Seconds. A paused database accepts connections and never answers, and a name that does not resolve
# can take the resolver many seconds: no setting of the driver covers these.
PATIENCE = 3.0

pending: asyncio.Task[bool] | None = None


@router.get("/health")
@router.get("/api/health")
async def health() -> JSONResponse:
    if await database_answers():
        return JSONResponse({"status": "healthy", "database": "connected"})
    return JSONResponse({"status": "unhealthy", "database": "disconnected"}, status_code=503)


async def database_answers() -> bool:
    """Asks once for all who wait: checks of a database that hangs must not pile up."""
    global pending
    if pending is None or pending.done():
        pending = asyncio.create_task(asyncio.to_thread(ping))
    try:
        return await asyncio.wait_for(asyncio.shield(pending), PATIENCE)
    except TimeoutError:
        return False


def ping() -> bool:
    try:
        with health_engine.connect() as connection:
            connection.exec_driver_sql("SELECT 1")
        return True
    except SQLAlchemyError:
        return False
