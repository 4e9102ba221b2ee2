"""Finding one's university by words of its name, city or mail domain; no JavaScript needed."""

from django.http import QueryDict

from applications.forms.answers import UniversityForm
from applications.models import University
from dlsei.models import User

SHOWN = 25


class Search:
    """What a search for `q` found for a person; a form to choose from it.

    Without words it offers the university that was chosen before and those of the mail's domain.
    """

    def __init__(
        self,
        query: QueryDict,
        person: User | None,
        *,
        data: QueryDict | None = None,
        chosen: University | None = None,
    ) -> None:
        self.words = " ".join(query.get("q", "").split())[:100]
        listed = University.objects.recognized().filter(is_hec=False)
        found = listed.search(self.words) if self.words else _offered(listed, person, chosen)
        ids = list(found.values_list("pk", flat=True)[: SHOWN + 1])
        self.more = len(ids) > SHOWN
        self.found = listed.filter(pk__in=ids[:SHOWN])
        self.count = len(ids[:SHOWN])
        data = query if data is None else data
        self.form = UniversityForm(
            data if "university" in data or data is not query else None,
            found=listed,
            initial={"university": chosen},
        )

    def shown_form(self) -> UniversityForm:
        """The form with the universities found only, its errors kept."""
        self.form.fields["university"].queryset = self.found  # type: ignore[attr-defined]
        return self.form


def _offered(listed, person: User | None, chosen: University | None):  # type: ignore[no-untyped-def]
    domain = person.email.rpartition("@")[2] if person else ""
    offered = listed.filter(domains__contains=[domain]) if domain else listed.none()
    return offered | listed.filter(pk=chosen.pk if chosen else None)
