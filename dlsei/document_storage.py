"""Where documents are kept: a directory, or a private S3 bucket with links that expire (DESIGN 5)."""

from typing import Any

LINK_SECONDS = 60


def directory(path: str) -> dict[str, Any]:
    """The storage setting for a directory that nobody but the product reads."""
    return {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {
            "location": path,
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    }


def bucket(
    name: str, *, endpoint_url: str | None, access_key: str | None, secret_key: str | None
) -> dict[str, Any]:
    """The storage setting for a private bucket; without keys those of the machine's role are used.

    No object gets an access list of its own: what the bucket says holds, and it says private.
    """
    from botocore.config import Config

    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": name,
            "endpoint_url": endpoint_url,
            "access_key": access_key,
            "secret_key": secret_key,
            "default_acl": None,
            "file_overwrite": False,
            "querystring_auth": True,
            "querystring_expire": LINK_SECONDS,
            # A storage that does not answer must not hold up the web process.
            "client_config": Config(
                connect_timeout=3,
                read_timeout=15,
                retries={"max_attempts": 2},
                signature_version="s3v4",
                s3={"addressing_style": "path"},
            ),
        },
    }
