"""Requests and answers of the sandbox's API, as its endpoints and its door see them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Body = dict[str, Any]


class Answer(Exception):
    """An HTTP answer; raised where it ends the request at once."""

    def __init__(self, status: int, body: Body | None = None, retry_after: int = 0) -> None:
        super().__init__(status)
        self.status = status
        self.body = body
        self.retry_after = retry_after


@dataclass
class Request:
    """One request to the API, already let in."""

    query: Mapping[str, str]
    body: Body

    def number(self, name: str, default: int) -> int:
        """A whole number of the query; anything else is a routing error."""
        value = self.query.get(name, str(default))
        if not value.isdecimal():
            raise Answer(400, {"msg": f"Cannot parse parameter {name} as Int: {value}"})
        return int(value)

    def flag(self, name: str) -> bool:
        """A boolean of the query, false when it is left out."""
        return self.query.get(name, "false").lower() == "true"


def not_found() -> Answer:
    """The plain 404 of the API."""
    return Answer(404, {"message": "Not Found", "statusCode": 404})
