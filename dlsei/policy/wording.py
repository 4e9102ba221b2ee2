"""Marks sentences for translation where Django must not be imported."""


def gettext_noop(message: str) -> str:
    """Return `message` as it is; makemessages finds it here, outer layers translate it."""
    return message
