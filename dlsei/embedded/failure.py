"""The one exception of this package, in a module that needs nothing."""


class CannotStart(Exception):
    """What keeps the product from starting, as one sentence that tells its reader what to do."""
