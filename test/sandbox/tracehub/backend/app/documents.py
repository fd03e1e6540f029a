import hashlib
from pathlib import Path
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, File, Form, UploadFile
from sqlalchemy import insert

from app.answer import Answer
from app.database import engine
from app.models import Document

router = APIRouter(prefix="/api/documents")
uploads = Path("/app/uploads")


@router.post("/upload")
def upload(file: Annotated[UploadFile, File()], shipment_id: Annotated[int | None, Form()] = None) -> Answer:
    uploads.mkdir(exist_ok=True)
    stored = uploads / f"{uuid4().hex}{Path(file.filename or '').suffix}"
    partial = stored.with_name(f"{stored.name}.part")
    size, sha256 = 0, hashlib.sha256()
    with partial.open("wb") as target:
        while chunk := file.file.read(64 * 1024):
            target.write(chunk)
            sha256.update(chunk)
            size += len(chunk)
    partial.rename(stored)
    document = {
        "shipment_id": shipment_id,
        "filename": (file.filename or stored.name)[-255:],
        "stored_as": stored.name,
        "size": size,
        "sha256": sha256.hexdigest(),
    }
    with engine.connect() as connection:
        row = connection.execute(insert(Document.__table__).returning(Document.__table__), document).mappings().one()
    return Answer(dict(row), 201)
