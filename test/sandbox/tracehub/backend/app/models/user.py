from sqlalchemy import Enum, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Created, PrimaryKey

UserRole = Enum("viewer", "operator", "admin", name="user_role")


class User(Base):
    __tablename__ = "users"

    id: Mapped[PrimaryKey]
    email: Mapped[str] = mapped_column(String(200), unique=True)
    role: Mapped[str] = mapped_column(UserRole, server_default="viewer")
    created_at: Mapped[Created]
