from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from sqlalchemy.exc import IntegrityError, OperationalError, TimeoutError

from app import documents, faults, health, shipments, waiting
from app.answer import Answer
from app.database import engine
from app.settings import settings

app = FastAPI(title="TraceHub")
for part in (health, shipments, documents, waiting):
    app.include_router(part.router)
faults.while_running(app, settings.fault)


@app.get("/api/version")
def version() -> Answer:
    with engine.connect() as connection:
        schema = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return Answer({"version": settings.revision, "revision": settings.revision, "schema": schema})


@app.exception_handler(OperationalError)
@app.exception_handler(TimeoutError)
async def database_away(_request: Request, _error: Exception) -> JSONResponse:
    return JSONResponse({"detail": "the database does not answer"}, status_code=503)


@app.exception_handler(IntegrityError)
async def unknown_relation(_request: Request, error: IntegrityError) -> JSONResponse:
    return JSONResponse({"detail": str(error.orig).strip()}, status_code=422)
