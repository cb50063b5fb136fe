"""The section `blobs`: where messages and attachments stand that are too long for the database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from gateway.config.section import Section, Word, written
from gateway.config.values import FilePath, Inline, Url


class Blobs(Section):
    """Where messages and attachments stand that are too long for the database."""

    inline: Inline = written("256KiB")
    """What is longer stands outside."""
    store: Literal["file", "s3"] = "file"
    """file: a folder of this machine. s3: a bucket, which several machines may share."""
    path: FilePath | None = None
    """Of files: the folder of this database alone; beside it, under its name with .blobs, when left out."""
    endpoint: Url | None = None
    """Of a bucket: where it is asked; Amazon's for the region when left out."""
    bucket: Word | None = None
    """Of a bucket: its name."""
    prefix: Word | None = None
    """Under which this installation alone keeps what it has in the bucket."""
    region: Word = "us-east-1"
    """Of a bucket: where it is."""
    access_key_file: FilePath | None = None
    """Of a bucket: a file with the id of the key, mode 0600."""
    secret_key_file: FilePath | None = None
    """Of a bucket: a file with the key itself, mode 0600."""

    @property
    def secret_files(self) -> tuple[Path | None, ...]:
        """What nobody else may read."""
        return self.access_key_file, self.secret_key_file

    def faults(self) -> Iterator[tuple[str, str, str]]:
        """What cannot be: key, what is wrong, what would be right."""
        of_bucket = {
            "bucket": self.bucket,
            "prefix": self.prefix,
            "access_key_file": self.access_key_file,
            "secret_key_file": self.secret_key_file,
        }
        if self.store == "s3":
            for key in (key for key, value in of_bucket.items() if value is None):
                yield "", f"store: s3 wants {key}", "bucket, prefix, access_key_file and secret_key_file"
            if self.path is not None:
                yield "path", "is of files, and store is s3", "leave one of the two out"
        else:
            for key in (key for key, value in {**of_bucket, "endpoint": self.endpoint}.items() if value is not None):
                yield key, "is of a bucket, and store is file", "store: s3, or leave it out"
