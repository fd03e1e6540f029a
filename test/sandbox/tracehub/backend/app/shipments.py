from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Query
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import bindparam, func, select
from sqlalchemy.dialects.postgresql import insert

from app.answer import Answer
from app.database import engine
from app.models import Shipment

router = APIRouter(prefix="/api/shipments")
shipments = Shipment.__table__
reference = shipments.c.reference

# Made once: putting a statement together costs more than running it.
newest = select(shipments).order_by(shipments.c.id.desc()).limit(bindparam("limit"))
insertion = insert(shipments).on_conflict_do_nothing(index_elements=["reference"]).returning(shipments)
total = select(func.count()).select_from(shipments)
stored = (
    select(reference, func.count().label("count"))
    .where(func.starts_with(reference, bindparam("prefix")))
    .group_by(reference)
)


class NewShipment(BaseModel):
    """Columns that only some versions have come as extra fields; what a version has no column for is ignored."""

    model_config = ConfigDict(extra="allow")

    reference: str = Field(min_length=1, max_length=64)
    customer_id: int = 1
    container_id: int | None = None
    status: Literal["draft", "booked", "in_transit", "customs_hold", "delivered"] = "booked"
    origin: str | None = None
    destination: str | None = None
    metadata: dict[str, Any] = {}


@router.get("")
def latest(limit: Annotated[int, Query(ge=1, le=500)] = 20) -> Answer:
    with engine.connect() as connection:
        return Answer([dict(row) for row in connection.execute(newest, {"limit": limit}).mappings()])


@router.post("")
def create(shipment: NewShipment) -> Answer:
    given = shipment.model_dump().items()
    values = {name: value for name, value in given if name in shipments.c and name not in ("id", "created_at")}
    with engine.connect() as connection:
        row = connection.execute(insertion, values).mappings().first()
    if row is None:
        raise HTTPException(409, f"there is a shipment {shipment.reference} already")
    return Answer(dict(row), 201)


@router.get("/count")
def count() -> Answer:
    with engine.connect() as connection:
        return Answer({"count": connection.scalar(total)})


@router.get("/references")
def references(prefix: str = "") -> Answer:
    """How many times each is stored, counted rather than trusted to the unique constraint."""
    with engine.connect() as connection:
        return Answer([dict(row) for row in connection.execute(stored, {"prefix": prefix}).mappings()])
