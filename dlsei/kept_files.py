"""A file whose form cannot be taken yet is kept for its sender, who need not choose it again.

It lies in private storage, one for each person and form at most, and nobody is shown it. What the page carries is sealed for
that person and form, names the file by its hash and is good for `KEPT_SECONDS`. Used, the file is gone; never used, it
goes with the purge of what no row names.
"""

import hashlib
import logging
from dataclasses import dataclass
from typing import Any, TypeVar

from django import forms
from django.core import signing
from django.core.files import File
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

logger = logging.getLogger(__name__)

FOLDER, SALT = "kept", "kept-file"
KEPT_SECONDS = 6 * 3600
KEPT, DROP = "_kept", "_drop"
"""What a form's field for the seal, and the box to leave the file out, add to the field's name."""

AForm = TypeVar("AForm", bound=forms.BaseForm)


@dataclass(frozen=True)
class Offer:
    """What the page shows of a kept file (`forms/kept_file.html`)."""

    name: str
    seal: str


class KeptFile:
    """The file of `field` in a form that a person sends; `what` names the form and what it is about."""

    def __init__(self, request: HttpRequest, what: str, field: str = "file") -> None:
        self._field = field
        self._salt = f"{SALT}:{request.user.pk}:{what}"
        self._stored = f"{FOLDER}/{salted_hmac(SALT, self._salt, algorithm='sha256').hexdigest()}"
        self._sent = request.FILES.copy()
        self._carried = request.POST.get(field + KEPT, "")
        self._seal = ""
        self._lost = False
        if not self._carried or field in self._sent:
            return
        if field + DROP in request.POST:
            self.forget()
        elif file := self._opened():
            self._sent[field] = file
            self._seal = self._carried
        else:
            self._lost = True

    @property
    def files(self) -> Any:
        """For the form: what was sent now, or else what was kept."""
        return self._sent or None

    def join(self, form: AForm) -> AForm:
        """The form, which says so if its file has been kept no longer."""
        if self._lost:
            lost = _("The file that you chose is not here any more. Choose it again.")
            form.fields[self._field].error_messages["required"] = lost
            if not form.has_error(self._field):
                form.add_error(self._field, lost)
        return form

    def offer(self, form: forms.BaseForm) -> None:
        """The form is shown again: keeps its file, unless that one is to blame, and has the form say so.

        Call after the form has judged the size.
        """
        file = self._sent.get(self._field)
        if file is None:
            return
        if form.has_error(self._field):
            self.forget()
        elif seal := self._seal or self._keep(file):
            form.fields[self._field].kept = Offer(file.name, seal)  # type: ignore[attr-defined]

    def forget(self) -> None:
        """The file has been used, or shall not be."""
        self._sent.pop(self._field, None)
        if self._carried:
            default_storage.delete(self._stored)

    def _keep(self, file: UploadedFile) -> str:
        """Its seal; empty where the storage does not answer, and the file must be chosen again."""
        seal = signing.dumps([file.name, _sha256(file)], salt=self._salt)
        try:
            default_storage.delete(self._stored)
            stored = default_storage.save(self._stored, File(file))
            if stored == self._stored:
                return seal
            # The same form was sent from two windows in this very moment.
            default_storage.delete(stored)
        except Exception as error:  # the storage's own, whichever it is
            logger.warning("a file of a form could not be kept: %s", type(error).__name__)
        return ""

    def _opened(self) -> UploadedFile | None:
        try:
            name, sha256 = signing.loads(self._carried, salt=self._salt, max_age=KEPT_SECONDS)
            file = default_storage.open(self._stored)
            if _sha256(file) == sha256:
                file.seek(0)
                return UploadedFile(file, name, size=file.size)
            file.close()
        except (signing.BadSignature, FileNotFoundError):
            pass
        except Exception as error:  # the storage's own, whichever it is
            logger.warning("a kept file could not be read: %s", type(error).__name__)
        return None


def _sha256(file: "File[Any]") -> str:
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    return digest.hexdigest()
