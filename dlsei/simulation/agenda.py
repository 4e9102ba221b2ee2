"""What is going to happen, by time; what happens at one instant happens in the order in which it was planned."""

import heapq
from collections.abc import Callable
from datetime import datetime
from itertools import count


class Agenda:
    """Acts to come."""

    def __init__(self) -> None:
        self._acts: list[tuple[datetime, int, Callable[[], object]]] = []
        self._order = count()

    def at(self, moment: datetime | None, act: Callable[[], object]) -> None:
        """Plans an act; without a moment it never happens."""
        if moment is not None:
            heapq.heappush(self._acts, (moment, next(self._order), act))

    def next_at(self) -> datetime | None:
        """When the next act is planned."""
        return self._acts[0][0] if self._acts else None

    def next_act(self) -> Callable[[], object]:
        """Takes the next act off."""
        return heapq.heappop(self._acts)[2]
