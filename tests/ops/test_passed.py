"""Sockets that systemd passes: each goes to what it is meant for, and none is left over in silence."""

from __future__ import annotations

import os
import socket

import pytest

from gateway.ops.passed import Passed


@pytest.fixture
def bound():
    """A listening socket, and its address."""
    with socket.create_server(("127.0.0.1", 0)) as one:
        yield one, one.getsockname()


def test_without_a_name_the_address_counts(bound):
    """`localhost` and its number are one address; the unit's own name is no name."""
    one, (_, port) = bound
    assert Passed([("gateway.socket", one)]).among({"it": ("from-mta", ("localhost", port))}) == {"it": one}


def test_a_name_counts_whatever_the_address(bound):
    """FileDescriptorName= is the operator's word, also where `listen:` says another address."""
    one, address = bound
    parts = {"other": ("other", address), "it": ("from-mta", ("127.0.0.1", 25))}
    assert Passed([("from-mta", one)]).among(parts) == {"it": one}


def test_what_nothing_was_passed_for_binds_itself(bound):
    """A listener whose address is not among those of systemd is not given another's."""
    one, address = bound
    parts = {"it": ("from-mta", address), "other": ("other", ("127.0.0.1", 25))}
    assert Passed([("gateway.socket", one)]).among(parts) == {"it": one}


@pytest.mark.parametrize("name", ["typo", "gateway.socket"])
def test_what_is_left_over_is_an_error(bound, name):
    """By a name that nothing has, or at an address where nothing listens: clients would wait there for ever."""
    one, (_, port) = bound
    with pytest.raises(ValueError, match=rf"systemd has passed 127\.0\.0\.1:{port} \({name}\), which nothing here"):
        Passed([(name, one)]).among({"it": ("from-mta", ("127.0.0.1", 25))})


def test_the_second_of_two_for_one_part_is_left_over(bound):
    """Two ListenStream= in one unit share its name."""
    one, _ = bound
    with socket.create_server(("127.0.0.1", 0)) as second:
        passed = Passed([("from-mta", one), ("from-mta", second)])
        with pytest.raises(ValueError, match=f"127.0.0.1:{second.getsockname()[1]} "):
            passed.among({"it": ("from-mta", ("127.0.0.1", 25))})


def test_a_socket_that_takes_no_streams_is_left_over():
    """ListenDatagram=, or Accept=yes, in the unit."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        with pytest.raises(ValueError, match="which takes no streams"):
            Passed([("from-mta", one)]).among({"it": ("from-mta", one.getsockname())})


def test_a_unix_socket_is_known_by_its_path(tmp_path):
    """Whatever links lead there, as from /var/run."""
    (tmp_path / "link").symlink_to(tmp_path)
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(tmp_path / "s"))
        one.listen()
        assert Passed([("", one)]).among({"it": ("from-mta", str(tmp_path / "link/s"))}) == {"it": one}


def test_what_is_meant_for_another_process_is_left_alone():
    """sd_listen_fds(3): $LISTEN_PID names whom the descriptors are for, and a child inherits the variables."""
    meant = {"LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid() + 1)}
    assert Passed.by(meant).among({}) == {}
