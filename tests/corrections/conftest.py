from tests.edges import coursera

__all__ = ["coursera"]
