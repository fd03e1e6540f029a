import uuid
from datetime import date
from decimal import Decimal

from sqlalchemy import Enum, ForeignKey, Numeric, String, Text
from sqlalchemy.dialects.postgresql import ARRAY, DATERANGE, Range
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Customer(Base):
    __tablename__ = "customers"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str | None] = mapped_column(String(200), unique=True)


class Shipment(Base):
    __tablename__ = "shipments"

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(String(64), unique=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    status: Mapped[str] = mapped_column(Enum("draft", "booked", name="shipment_status"), server_default="draft")
    weight: Mapped[str | None] = mapped_column(String(20), index=True)


class Tariff(Base):
    __tablename__ = "tariffs"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(4))
    percent: Mapped[Decimal] = mapped_column(Numeric(4, 1))
    parent_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("tariffs.id"))
    valid: Mapped[Range[date]] = mapped_column(DATERANGE)
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text))
