from app.models.base import Base
from app.models.container import Container
from app.models.customer import Customer
from app.models.document import Document
from app.models.shipment import Shipment
from app.models.user import User

__all__ = ["Base", "Container", "Customer", "Document", "Shipment", "User"]
