"""Who may do what, for everybody above the ground. A permission says whether this person may; policy says whether this may happen."""

from dlsei.history import Actor
from dlsei.models import User
from dlsei.policy.refusals import Refused, refuse


def is_hec(by: Actor) -> bool:
    """HEC's staff answer for every university and every license (4.1.j, 5.z)."""
    return isinstance(by, User) and by.is_active and by.is_hec


def require_hec(by: Actor) -> User:
    """Raises `Refused(not-yours)` for anyone else."""
    if not isinstance(by, User) or not is_hec(by):
        raise Refused(refuse("not-yours"))
    return by
