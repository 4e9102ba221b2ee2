from tests.edges import coursera, smtp

__all__ = ["coursera", "smtp"]
