"""An S3 on loopback, with a bucket in it."""

from collections.abc import Iterator
from contextlib import contextmanager

import boto3
import pytest
from moto.server import ThreadedMotoServer

REGION = "eu-west-1"


@contextmanager
def s3_server() -> Iterator[str]:
    """Its address."""
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    moto.start()
    yield "http://{}:{}".format(*moto.get_host_and_port())
    moto.stop()


@contextmanager
def s3_bucket(server: str, kind: str, name: str, patch: pytest.MonkeyPatch) -> Iterator:
    """An empty bucket, which the settings <kind>_S3_... name."""
    settings = {"BUCKET": name, "ENDPOINT": server, "REGION": REGION}
    own = {f"{kind}_S3_{key}": value for key, value in settings.items()}
    for key, value in {**own, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}.items():
        patch.setenv(key, value)
    bucket = boto3.resource("s3", endpoint_url=server, region_name=REGION).Bucket(name)
    bucket.create(CreateBucketConfiguration={"LocationConstraint": REGION})
    yield bucket
    bucket.objects.all().delete()
    bucket.delete()
