"""A shelf in an S3-compatible object store, for several machines; needs the extra `s3` (obstore).

Facts: docs.aws.amazon.com/AmazonS3/latest/API (PutObject is all or nothing, GetObject of a missing key is 404 NoSuchKey
only for who may list the bucket, DeleteObject of a missing key is 204).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from obstore.exceptions import BaseError
from obstore.store import S3Store

from storage.shelf import NAME, Unreachable, valid

if TYPE_CHECKING:
    from obstore.store import S3Credential

PATIENCE = timedelta(seconds=30)  # for one request: 20 MB at 6 Mbit/s; the dispatcher tries again for a day
CONNECT = timedelta(seconds=5)  # a store that is there takes a call at once
RETRIES = 2  # of one request, for a connection that was closed while it lay idle
MISSING = "NoSuchKey"  # 404 is also said of a bucket that is not there, and by a proxy that has lost its store


class Bucket:
    """Objects under `place`, `s3://bucket` or `s3://bucket/prefix`. What goes wrong raises `Unreachable`.

    Without `access_key` the machine's own role is asked (the usual AWS variables, the metadata service).
    """

    def __init__(
        self,
        place: str,
        *,
        endpoint: str = "",
        region: str = "",
        access_key: str = "",
        secret_key: str = "",
        patience: timedelta = PATIENCE,
    ) -> None:
        found = urlsplit(place)
        # Both names of the endpoint, and the keys by a function: else variables of the environment would win, or mix.
        self._store = S3Store(
            found.netloc,
            prefix=found.path.strip("/") or None,
            config={"endpoint": endpoint, "aws_endpoint_url_s3": endpoint} if endpoint else {},
            region=region or "us-east-1",
            # Not every store knows DeleteObjects, which deletes many at once.
            disable_bulk_delete=True,
            credential_provider=_keys(access_key, secret_key) if access_key else None,
            client_options={
                "allow_http": endpoint.startswith("http://"),
                "connect_timeout": min(CONNECT, patience),
                "timeout": patience,
            },
            retry_config={"max_retries": RETRIES, "retry_timeout": patience},
        )

    async def put(self, name: str, sealed: bytes) -> None:
        with _reaching():
            await self._store.put_async(valid(name), sealed, use_multipart=False)

    async def get(self, name: str) -> bytes | None:
        try:
            with _reaching():
                found = await self._store.get_async(valid(name))
                return (await found.bytes_async()).to_bytes()
        except FileNotFoundError:
            return None

    async def delete(self, *names: str) -> None:
        for name in names:
            try:
                with _reaching():
                    await self._store.delete_async(valid(name))
            except FileNotFoundError:
                continue

    def listed(self) -> Iterator[tuple[str, datetime]]:
        with _reaching():
            for some in self._store.list():
                for one in some:
                    if NAME.fullmatch(one["path"]):
                        yield one["path"], one["last_modified"]

    def tidy(self, ending: str, before: datetime) -> int:
        old = [name for name, changed in self.listed() if name.endswith(ending) and changed < before]
        with _reaching():
            self._store.delete(old)
        return len(old)


def _keys(access_key: str, secret_key: str) -> "Callable[[], S3Credential]":
    return lambda: {"access_key_id": access_key, "secret_access_key": secret_key, "expires_at": None}


@contextmanager
def _reaching() -> Iterator[None]:
    """FileNotFoundError when the object is surely not there, Unreachable without the library's words otherwise."""
    try:
        yield
    except FileNotFoundError as bad:
        if MISSING in str(bad):
            raise FileNotFoundError from None
        raise Unreachable("NoSuchBucket") from None
    except (BaseError, OSError) as bad:
        raise Unreachable(type(bad).__name__.removesuffix("Error")) from None
