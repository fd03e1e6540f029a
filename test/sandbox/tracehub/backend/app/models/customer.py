from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Created, PrimaryKey


class Customer(Base):
    __tablename__ = "customers"

    id: Mapped[PrimaryKey]
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(200), unique=True)
    created_at: Mapped[Created]
