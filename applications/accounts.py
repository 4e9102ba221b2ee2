"""Registration and sign-in: what django-allauth asks of us (4.1.a, R6)."""

from allauth.account.adapter import DefaultAccountAdapter


class AccountAdapter(DefaultAccountAdapter):
    """Sign-up codes and the like go out at once: the person sits in front of the page."""
