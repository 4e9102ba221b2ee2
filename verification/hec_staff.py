"""Who answers for the programme at HEC (4.1.j)."""

from datetime import datetime

from dlsei.history import Actor
from dlsei.models import User
from dlsei.permissions import require_hec
from dlsei.verbs import verb


@verb
def appoint(person: User, *, by: Actor, now: datetime) -> User:
    """Lets `person` act for HEC. `by` is HEC or a job. Raises `Refused(not-yours)`."""
    if isinstance(by, User):
        require_hec(by)
    person.is_hec = True
    person.save(update_fields=["is_hec"])
    return person
