"""How Urdu groups figures, which Django does not know: 17,995."""

THOUSAND_SEPARATOR = ","
NUMBER_GROUPING = 3
