"""What systemd says of its sockets, as `check` reads it."""

from __future__ import annotations

from gateway.cli.units import bound

SHOWN = """\
Id=gateway.socket
Listen=0.0.0.0:25 (Stream)
Listen=/run/gateway/lmtp (Stream)
FileDescriptorName=gateway.socket
ActiveState=active

Listen=127.0.0.1:24 (Stream)
FileDescriptorName=from-mta
Id=gateway-lmtp.socket
ActiveState=active

Id=gateway-old.socket
Listen=127.0.0.1:26 (Stream)
FileDescriptorName=gateway-old.socket
ActiveState=inactive
"""


def test_a_socket_is_known_by_its_address_or_by_its_name():
    """As the daemon takes them: a name of its own counts whatever the address; one that is stopped is nobody's."""
    assert bound(SHOWN) == {
        "0.0.0.0:25": "gateway.socket",
        "unix:/run/gateway/lmtp": "gateway.socket",
        "from-mta": "gateway-lmtp.socket",
    }


def test_where_systemd_does_not_run_there_are_none():
    """Then systemctl says nothing."""
    assert bound("") == {}
