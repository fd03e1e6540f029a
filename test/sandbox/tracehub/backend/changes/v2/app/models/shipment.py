from typing import Any

from sqlalchemy import Enum, ForeignKey, Index, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Created, PrimaryKey

ShipmentStatus = Enum("draft", "booked", "in_transit", "customs_hold", "delivered", name="shipment_status")


class Shipment(Base):
    __tablename__ = "shipments"
    __table_args__ = (Index("ix_shipments_status_created_at", "status", "created_at"),)

    id: Mapped[PrimaryKey]
    reference: Mapped[str] = mapped_column(String(64), unique=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    container_id: Mapped[int | None] = mapped_column(ForeignKey("containers.id"))
    status: Mapped[str] = mapped_column(ShipmentStatus, server_default="draft")
    origin: Mapped[str | None] = mapped_column(String(100))
    destination: Mapped[str | None] = mapped_column(String(100))
    carrier: Mapped[str | None] = mapped_column(String(100))
    vessel: Mapped[str | None] = mapped_column(String(100), index=True)
    details: Mapped[dict[str, Any]] = mapped_column("metadata", JSONB, server_default="{}")
    created_at: Mapped[Created]
