"""One's own account: name, number, mobile, language, address (4.1.a, R6)."""

from allauth.account.views import email
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from applications import accounts
from applications.forms.account import AccountForm
from applications.forms.refusals import add_to
from dlsei.interrupted import keeps_answers
from dlsei.models import User
from dlsei.policy.refusals import Refused
from dlsei.verbs import Busy


@keeps_answers
def account(request: HttpRequest) -> HttpResponse:
    # A copy: what the form refuses must not show in the page's header as the person's name.
    person = User.objects.get(pk=request.user.pk)
    form = AccountForm(request.POST or None, person=person)
    if request.method == "POST" and form.is_valid():
        try:
            accounts.change(person, **form.values(), by=request.user, now=timezone.now())
        except (Refused, Busy) as error:
            add_to(form, error)
        else:
            with translation.override(person.language):
                messages.success(request, _("Your account is changed."))
            response = redirect("apply_check" if "check" in request.GET else "account")
            response.set_cookie(settings.LANGUAGE_COOKIE_NAME, person.language, samesite="Lax")
            return response
    page = {"form": form, "address_is_fixed": accounts.is_address_fixed(person)}
    return render(request, "applications/account.html", page)


def address(request: HttpRequest) -> HttpResponse:
    """Another e-mail address, by django-allauth; frozen once a license is issued (R6)."""
    if request.user.is_authenticated and accounts.is_address_fixed(request.user):
        messages.info(
            request,
            _("Coursera knows you by your e-mail address now. Ask HEC if it has to be corrected."),
        )
        return redirect("account")
    return email(request)
