"""What a page or a verb asks again and again, it asks the database once.

A memory lasts as long as one verb's transaction or one request, never longer: another process may
have changed the answer by the next one, and a transaction that was undone leaves nothing behind.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass
class _Memory:
    around: "_Memory | None"
    of_verb: bool
    known: dict[str, Any] = field(default_factory=dict)


_memory: ContextVar[_Memory | None] = ContextVar("memory", default=None)


@contextmanager
def of_request() -> Iterator[None]:
    """Inside, `remembered` asks once; a verb in it begins with a memory of its own."""
    with _begun(of_verb=False):
        yield


@contextmanager
def of_verb() -> Iterator[None]:
    """Inside, `remembered` asks once; verbs within this one share its memory."""
    if in_verb():
        yield
        return
    with _begun(of_verb=True):
        yield


def in_verb() -> bool:
    """Whether a verb goes on."""
    memory = _memory.get()
    return memory is not None and memory.of_verb


@contextmanager
def _begun(*, of_verb: bool) -> Iterator[None]:
    token = _memory.set(_Memory(_memory.get(), of_verb))
    try:
        yield
    finally:
        _memory.reset(token)


def remembered(what: str, ask: Callable[[], T]) -> T:
    """What `ask` says, or said before in this verb or request; outside of both it is asked anew."""
    memory = _memory.get()
    if memory is None:
        return ask()
    if what not in memory.known:
        memory.known[what] = ask()
    known: T = memory.known[what]
    return known


def forget(what: str) -> None:
    """Whoever changes it calls this: it is asked anew, in the verb that goes on and around it."""
    memory = _memory.get()
    while memory is not None:
        memory.known.pop(what, None)
        memory = memory.around
