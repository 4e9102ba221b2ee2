"""Makes the private bucket for documents."""

from typing import Any

from botocore.exceptions import ClientError
from django.core.files.storage import default_storage
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = (
        "Makes the bucket that S3_BUCKET names unless it is there; nothing to do for a directory."
    )
    requires_system_checks = []

    def handle(self, **options: Any) -> None:
        if not hasattr(default_storage, "bucket_name"):
            self.stdout.write("documents are kept in a directory")
            return
        client, name = default_storage.connection.meta.client, default_storage.bucket_name
        try:
            client.head_bucket(Bucket=name)
            self.stdout.write(f"bucket {name} is there")
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
                raise
            client.create_bucket(Bucket=name)
            self.stdout.write(f"bucket {name} is made")
