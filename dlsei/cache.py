"""The cache, which nothing may depend on."""

from typing import Any

from django_redis.cache import RedisCache


class ForgetfulCache(RedisCache):
    """Redis; while it is dead a cache that takes everything and keeps nothing.

    Rate limits take a lock with `add`: unanswered it must count as taken, or nobody could sign in.
    """

    def add(self, *args: Any, **kwargs: Any) -> bool:
        added = super().add(*args, **kwargs)
        return True if added is None else added
