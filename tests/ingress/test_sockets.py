"""Sockets: bound before serving, and told apart from those of others."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from gateway.ingress.settings import split_listen
from gateway.ingress.sockets import bind_tcp, bind_unix

ALL = "0.0.0.0"  # noqa: S104 - of IPv4, for the moment of a test
with_ipv6 = pytest.mark.skipif(not Path("/proc/net/if_inet6").exists(), reason="a kernel without IPv6")


@pytest.mark.parametrize(
    ("listen", "where"),
    [
        ("127.0.0.1:8025", ("127.0.0.1", 8025)),
        ("[::1]:25", ("::1", 25)),
        ("localhost:0", ("localhost", 0)),
        ("unix:/run/gateway/lmtp.sock", "/run/gateway/lmtp.sock"),
    ],
)
def test_where_to_listen(listen, where):
    assert split_listen(listen) == where


@pytest.mark.parametrize("listen", ["", "127.0.0.1", ":25", "host:", "host:x", "host:65536", "host:²", "unix:"])
def test_where_one_cannot_listen(listen):
    """The words say what would be right."""
    with pytest.raises(ValueError, match=r"is not HOST:PORT"):
        split_listen(listen)


def test_nagle_will_be_off():
    """TCP_NODELAY is set by asyncio only where the socket's protocol says TCP."""
    with bind_tcp("127.0.0.1", 0) as bound:
        assert bound.proto == socket.IPPROTO_TCP


def test_an_address_in_use_is_an_error():
    with bind_tcp("127.0.0.1", 0) as first, pytest.raises(OSError, match="in use"):
        bind_tcp(*first.getsockname())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("127.0.0.1", ALL),
        (ALL, "127.0.0.1"),
        ("127.0.0.1", "localhost"),
        pytest.param("::", "::1", marks=with_ipv6),
    ],
)
def test_an_address_within_another_is_an_error(one, other):
    """Known while binding, when nothing is served yet: one that is found later ends a daemon."""
    with bind_tcp(one, 0) as first, pytest.raises(OSError, match="in use"):
        bind_tcp(other, first.getsockname()[1])


@with_ipv6
def test_all_of_ipv4_may_stand_beside_all_of_ipv6():
    with bind_tcp(ALL, 0) as first, bind_tcp("::", first.getsockname()[1]) as second:
        assert second.getsockname()[1] == first.getsockname()[1]


def test_who_connects_before_it_is_served_waits():
    with bind_tcp("127.0.0.1", 0) as bound, socket.create_connection(bound.getsockname()) as client:
        accepted, where = bound.accept()
        with accepted:
            assert where == client.getsockname()


def test_a_dead_socket_file_is_replaced(tmp_path):
    """What a killed process left does not keep the next one from starting."""
    bind_unix(tmp_path / "s", 0o660).close()
    with bind_unix(tmp_path / "s", 0o600):
        assert (tmp_path / "s").stat().st_mode & 0o777 == 0o600


def test_a_living_socket_is_left_alone(tmp_path):
    """Two daemons on one socket would share out the mail."""
    with bind_unix(tmp_path / "s", 0o660), pytest.raises(OSError, match="somebody answers"):
        bind_unix(tmp_path / "s", 0o660)


def test_a_file_that_is_no_socket_is_left_alone(tmp_path):
    (tmp_path / "s").write_text("precious")
    with pytest.raises(FileExistsError):
        bind_unix(tmp_path / "s", 0o660)
    assert (tmp_path / "s").read_text() == "precious"
