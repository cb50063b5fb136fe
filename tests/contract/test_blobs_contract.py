"""What the store may rely on, of every place where blobs stand."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest

from e2e.waiting import LOOPBACK, free_port
from gateway.ports import Unavailable
from gateway.store.blob_files import Files
from gateway.store.blob_s3 import S3, Bucket
from gateway.store.blobs import name_of
from s3_server import make_bucket, s3_server

OCTETS = b"\x00\r\n\xff" * 1000
NAME = name_of(OCTETS)
LIMIT = 2**20


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory):
    with s3_server(tmp_path_factory.mktemp("moto")) as url:
        yield url


def bucket(endpoint, name):
    make_bucket(endpoint, name)
    return S3(Bucket(name, "one/gateway", "us-east-1", endpoint, "access", "secret"))


@pytest.fixture(params=["files", "s3"])
def blobs(request, tmp_path):
    if request.param == "files":
        return Files(tmp_path / "blobs")
    return bucket(request.getfixturevalue("endpoint"), f"b{random.SystemRandom().getrandbits(64):016x}")


def names(blobs, prefix=NAME[:2]):
    return [one.name for one in blobs.found(prefix, datetime.now(UTC))]


def test_what_was_put_is_got_as_it_was(blobs):
    blobs.put(NAME, OCTETS)
    assert blobs.get(NAME, LIMIT) == OCTETS


def test_what_was_never_put_is_not_there(blobs):
    """And that is an answer, not a fault; in a place that holds nothing yet, too."""
    assert blobs.get(NAME, LIMIT) is None
    assert names(blobs) == []
    blobs.delete([NAME])


def test_of_what_is_too_long_one_octet_more_is_read(blobs):
    """So that the reader sees it, and its memory is bounded by what the row says."""
    blobs.put(NAME, OCTETS)
    assert blobs.get(NAME, 10) == OCTETS[:11]
    assert blobs.get(NAME, len(OCTETS)) == OCTETS


def test_put_again_it_is_whole_again(blobs):
    """Whatever stood under the name meanwhile."""
    blobs.put(NAME, b"something else")
    blobs.put(NAME, OCTETS)
    assert blobs.get(NAME, LIMIT) == OCTETS
    assert names(blobs) == [NAME]


def test_nothing_at_all_is_kept_too(blobs):
    """Zero octets are octets."""
    blobs.put(name_of(b""), b"")
    assert blobs.get(name_of(b""), 0) == b""


def test_what_is_deleted_is_gone_and_nothing_else_is(blobs):
    """Names that are not there among them do no harm."""
    other = name_of(b"other")
    blobs.put(NAME, OCTETS)
    blobs.put(other, b"other")
    blobs.delete([NAME, name_of(b"never there")])
    assert blobs.get(NAME, LIMIT) is None
    assert blobs.get(other, LIMIT) == b"other"


def test_all_under_two_digits_are_found(blobs):
    """With their size and the moment; those under others are not."""
    blobs.put(NAME, OCTETS)
    other = next(one for one in (str(number).encode() for number in range(99)) if name_of(one)[:2] != NAME[:2])
    blobs.put(name_of(other), other)
    [one] = blobs.found(NAME[:2], datetime.now(UTC))
    assert (one.name, one.size) == (NAME, len(OCTETS))
    assert abs(datetime.now(UTC) - one.put_at) < timedelta(minutes=5)


def test_two_that_put_the_same_at_a_time_both_have_it(blobs):
    """Neither undoes the other, and nothing of theirs is left over."""
    threads = [Thread(target=blobs.put, args=(NAME, OCTETS)) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert blobs.get(NAME, LIMIT) == OCTETS
    assert names(blobs) == [NAME]


@pytest.mark.parametrize("name", ["", "../../etc/passwd", NAME[:-1], NAME.upper(), NAME + "\n"])
def test_what_is_no_digest_names_nothing(blobs, name):
    """Threats rule 16: nothing of a mail's is ever a path."""
    with pytest.raises(ValueError, match="is no sha256"):
        blobs.put(name, OCTETS)
    with pytest.raises(ValueError, match="is no sha256"):
        blobs.get(name, LIMIT)


def test_a_bucket_that_is_not_there_is_unavailable(endpoint):
    """I9: neither an empty place nor a fault of ours; no key is in the words."""
    place = S3(Bucket("nobody-made-this", "p", "us-east-1", endpoint, "access", "hunter2"))
    with pytest.raises(Unavailable, match=r"blobs s3://nobody-made-this/p: ") as fault:
        place.put(NAME, OCTETS)
    assert "hunter2" not in str(fault.value)


def test_a_bucket_that_does_not_answer_is_unavailable():
    """A connection that is refused; what hangs is ended by the same bounds."""
    place = S3(Bucket("b", "p", "us-east-1", f"http://{LOOPBACK}:{free_port()}", "access", "secret"))
    with pytest.raises(Unavailable):
        place.put(NAME, OCTETS)
    with pytest.raises(Unavailable):
        place.get(NAME, LIMIT)


def test_two_installations_in_one_bucket_do_not_see_each_other(endpoint):
    """Each has a prefix of its own: what one finds, and may sweep, is its own."""
    first = bucket(endpoint, "shared")
    second = S3(Bucket("shared", "two", "us-east-1", endpoint, "access", "secret"))
    first.put(NAME, OCTETS)
    assert names(second) == []
    assert second.get(NAME, LIMIT) is None
    second.delete([NAME])
    assert names(first) == [NAME]
