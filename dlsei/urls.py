"""Every address of the product."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.i18n import set_language

from dlsei import health, help_pages, styleguide
from dlsei.health_page import hec_health
from dlsei.metrics import metrics
from verification.views import public_numbers
from verification.views.documents import document, document_page
from verification.views.invitation import invitation
from verification.views.landing import home
from verification.views.too_large import too_large

handler404 = "verification.views.access.not_found"
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("", include("applications.urls")),
    path("home/", home, name="home"),
    path("numbers/", public_numbers.page, name="public_numbers"),
    path("documents/<uuid:public_id>/", document, name="document"),
    path("documents/<uuid:public_id>/pages/<int:number>/", document_page, name="document_page"),
    path("invitation/<str:token>/", invitation, name="invitation"),
    path("admin/hec/health/", hec_health, name="hec_health"),
    path("admin/", include("verification.urls")),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("i18n/", login_not_required(set_language), name="set_language"),
    path("superuser/", admin.site.urls),
    path("help/", help_pages.index, name="help"),
    path("help/<slug:role>/", help_pages.page, name="help_page"),
    path("styleguide/", styleguide.styleguide, name="styleguide"),
    path("styleguide/dialog/", styleguide.dialog, name="styleguide_dialog"),
    path("styleguide/mails/<slug:kind>/<slug:language>/", styleguide.mail, name="styleguide_mail"),
    path("too-large/", too_large, name="too_large"),
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
]
