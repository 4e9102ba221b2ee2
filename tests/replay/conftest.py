from tests.scenarios.conftest import template

__all__ = ["template"]
