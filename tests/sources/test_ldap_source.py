"""A real directory: proved before anything is said to it, heard to its end, and never half."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from directory import BASE, FEW, LIMIT, OTHER, PASSWORD, READER, Directory
from e2e.waiting import LOOPBACK
from gateway.core.problem import Problem
from gateway.ports import Unavailable
from gateway.sources.ldap import PAGE, Ldap, LdapSettings

ROSSI = {"sn": "ROSSI", "cn": "Rossi", "mail": "a@rossi.example"}


@pytest.fixture(scope="module")
def directory():
    with Directory() as one:
        yield one


@pytest.fixture
def asked(directory, tmp_path):
    said = LdapSettings(
        name="ad",
        host=LOOPBACK,
        port=directory.secure,
        tls="implicit",
        ca_file=directory.ca,
        bind_dn=READER,
        password=lambda: PASSWORD,
        base=BASE,
        filter="(objectClass=inetOrgPerson)",
        attributes={"code": "sn", "name": "cn", "primary": "MAIL", "secondary": "description", "services": "title"},
        defaults={"language": "it"},
        service_kind="domain",
        seconds=30,
        folder=tmp_path,
    )
    return lambda **more: Ldap(replace(said, **more))


def fault(source):
    with pytest.raises(Unavailable) as raised:
        source.fetch("")
    return str(raised.value)


def answer(server, octets):
    connection, _ = server.accept()
    with connection:
        connection.recv(4096)
        connection.sendall(bytes.fromhex(octets))


def test_attributes_become_an_account(directory, asked):
    """Defaults where there is none, a kind where a service names none, and Exchange's proxyAddresses as they are."""
    proxies = ["SMTP:A@rossi.example", "smtp:t@rossi.example", "x500:/o=Firm/cn=1", "sip:t@rossi.example"]
    directory.put([{**ROSSI, "description": proxies, "title": ["rossi.example", "vps:one"]}])
    [rossi] = asked().fetch("").entries
    assert (rossi.code, rossi.language, str(rossi.primary)) == ("ROSSI", "it", "a@rossi.example")
    assert [str(one) for one in rossi.secondary] == ["t@rossi.example"]
    assert sorted(map(str, rossi.services)) == ["domain rossi.example", "vps one"]


def test_a_directory_is_heard_page_by_page_to_its_end(directory, asked):
    """Servers give no more than so many entries at a time."""
    directory.put([{**ROSSI, "sn": f"C{number}"} for number in range(PAGE + 3)])
    assert len(list(asked().fetch("").entries)) == PAGE + 3


def test_a_result_that_was_cut_off_is_no_answer(directory, asked):
    """With a size limit the server gives what it likes, and says so: everybody else would be closed."""
    directory.put([{**ROSSI, "sn": f"C{number}"} for number in range(LIMIT + 1)])
    assert fault(asked(bind_dn=FEW)).endswith(": a part of the accounts is no answer")


def test_two_values_where_one_is_wanted_are_refused(directory, asked):
    """Nobody could say which of two is the primary; the entry is named."""
    directory.put([{**ROSSI, "mail": ["a@rossi.example", "b@rossi.example"]}])
    [problem] = asked().fetch("").entries
    assert isinstance(problem, Problem)
    assert str(problem).startswith("source ad: uid=0,ou=customers,dc=firm,dc=example: has 2 values of MAIL")


@pytest.mark.parametrize("more", [{"ca_file": None}, {"host": OTHER}], ids=["unknown CA", "other name"])
def test_a_server_that_is_not_proved_hears_no_password(asked, more):
    """The certificate is by a CA that is named, and for the name that was asked."""
    assert "certificate verify failed" in fault(asked(**more))


@pytest.mark.parametrize("octets", ["3003020101", "300c02010161070a016f04000400"], ids=["short", "odd"])
def test_what_is_no_directory_is_told(asked, octets):
    """ldap3 falls over octets at random: that is a source that is away, and not the end of the daemon."""
    with socket.create_server((LOOPBACK, 0)) as server, ThreadPoolExecutor(1) as beside:
        answered = beside.submit(answer, server, octets)
        port = server.getsockname()[1]
        assert fault(asked(port=port, tls="none")).endswith(f"what answers on port {port} does not speak LDAP")
        answered.result()


def test_a_status_that_is_in_no_attribute_is_missing(directory, asked):
    """Where an attribute is named for it, whoever loses his own does not become a customer in good standing."""
    directory.put([ROSSI])
    attributes = {"code": "sn", "name": "cn", "primary": "mail", "status": "employeeType"}
    [problem] = asked(attributes=attributes).fetch("").entries
    assert "account ROSSI: status: is missing" in str(problem)


def test_starttls_is_proved_too(directory, asked):
    """The same over the plain port, before anything is said."""
    directory.put([ROSSI])
    starttls = {"tls": "starttls", "port": directory.port}
    assert len(list(asked(**starttls).fetch("").entries)) == 1
    assert "certificate verify failed" in fault(asked(**starttls, ca_file=None))
    assert "not let in" in fault(asked(tls="none", port=directory.port, password=lambda: "wrong"))


def test_an_empty_password_is_not_sent(asked):
    """RFC 4513 §5.1.2: the server would take it for nobody, and show what nobody may see: nothing."""
    assert fault(asked(password=lambda: "")) == "source ad: the password is empty"


def test_a_base_that_is_not_there_is_no_answer(asked):
    """It is a mistake in the configuration, and not a firm without customers."""
    assert "noSuchObject" in fault(asked(base="dc=nowhere"))
