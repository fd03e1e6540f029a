from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Created, PrimaryKey


class Container(Base):
    __tablename__ = "containers"

    id: Mapped[PrimaryKey]
    number: Mapped[str] = mapped_column(String(11), unique=True)  # ISO 6346
    size: Mapped[str] = mapped_column(String(4))
    created_at: Mapped[Created]
