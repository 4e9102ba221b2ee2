from dlsei.models.history import Event
from dlsei.models.outbox import Mail
from dlsei.models.people import User
from dlsei.models.schedule import Slot

__all__ = ["Event", "Mail", "Slot", "User"]
