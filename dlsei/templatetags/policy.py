"""The programme's figures on pages, in the reader's language."""

from django import template
from django.utils.translation import gettext

from dlsei.policy import figures
from dlsei.templatetags.components import day

register = template.Library()


@register.filter
def in_words(value: object) -> str:
    """A figure's value: a date in full, kinds and modes as words: `{{ figure.value|in_words }}`."""
    return figures.in_words(value, day, gettext)
