"""Blobs in a bucket of S3, or of what speaks like it: objects under a prefix, two digits each, as files are.

An object is there whole once it is put, or not at all. Every call ends within a time; one that does not is unavailable.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain

from obstore.exceptions import BaseError
from obstore.store import S3Store

from gateway.ports import Unavailable
from gateway.store.blobs import Found

CONNECT = timedelta(seconds=5)
REQUEST = timedelta(seconds=20)
"""Of one request, with its octets;"""
ALL_TRIES = timedelta(seconds=15)
"""after that none is made again,"""
RETRIES = 2
"""nor after so many."""
WORDS = 200
"""Characters of what the library says that are handed on."""
_NAME = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where it is, and who asks."""

    bucket: str
    prefix: str
    region: str
    endpoint: str | None
    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)


class S3:
    """A bucket of blobs."""

    def __init__(self, where: Bucket) -> None:
        self._where = where
        self._store = S3Store(
            where.bucket,
            prefix=where.prefix,
            region=where.region,
            access_key_id=where.access_key,
            secret_access_key=where.secret_key,
            endpoint=where.endpoint or f"https://s3.{where.region}.amazonaws.com",
            virtual_hosted_style_request=False,  # the bucket stands in the path: other servers have no names for theirs
            client_options={"connect_timeout": CONNECT, "timeout": REQUEST, "allow_http": True},  # on loopback alone
            retry_config={"max_retries": RETRIES, "retry_timeout": ALL_TRIES},
        )

    def put(self, name: str, octets: bytes) -> None:
        """Keep these; on return they are safe there."""
        path = _path(name)
        with self._asking():
            self._store.put(path, octets, use_multipart=False)

    def get(self, name: str, most: int) -> bytes | None:
        """The octets, or None where there is no such object."""
        path = _path(name)
        with self._asking():
            try:
                found = self._store.get(path)
                if found.meta["size"] > most:
                    return bytes(self._store.get_range(path, start=0, length=most + 1))
                return bytes(found.bytes())
            except FileNotFoundError as fault:  # as the library has NotFoundError
                if "NoSuchBucket" in str(fault):
                    raise
                return None

    def delete(self, names: Collection[str]) -> None:
        """Take these away."""
        paths = [_path(name) for name in names]
        with self._asking():
            if paths:
                self._store.delete(paths)

    def found(self, prefix: str, now: datetime) -> Iterator[Found]:  # noqa: ARG002 - half an object is never there
        """All that begin with these two digits."""
        with self._asking():
            for one in chain.from_iterable(self._store.list(prefix)):
                if _NAME.fullmatch(name := one["path"].rpartition("/")[2]):
                    yield Found(name, one["size"], one["last_modified"])

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Turn what the bucket says into the third answer (I9)."""
        try:
            yield
        except (BaseError, OSError) as fault:
            words = " ".join(str(fault).split())[:WORDS]
            raise Unavailable(f"blobs s3://{self._where.bucket}/{self._where.prefix}: {words}") from fault


def _path(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no sha256")
    return f"{name[:2]}/{name}"
