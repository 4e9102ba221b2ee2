import os
from importlib import import_module

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dlsei.settings")
application = get_wsgi_application()
# Before web processes are forked: each would otherwise load every page's code with its first request.
import_module("dlsei.urls")
