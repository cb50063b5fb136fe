"""A slapd of our own: its configuration and data in a temporary folder, on free loopback ports, ended by its pid.

It lets two read: READER all, FEW only so many entries, as a directory with a size limit does.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import pytest
from ldap3 import NONE, Connection, Server

from e2e.waiting import LOOPBACK, accepts, free_port, until

BASE = "dc=firm,dc=example"
PEOPLE = f"ou=customers,{BASE}"
READER, FEW = f"cn=reader,{BASE}", f"cn=few,{BASE}"
PASSWORD = "the reader's secret"  # noqa: S105 - of a directory that ends with the test
LIMIT = 2
OTHER = "127.0.0.2"
"""It listens there too, and its certificate does not say so."""
_CONF = """\
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {home}/pid
TLSCertificateFile {home}/cert.pem
TLSCertificateKeyFile {home}/key.pem
sizelimit unlimited
database mdb
maxsize 16777216
dbnosync
suffix "{base}"
rootdn "cn=root,{base}"
rootpw root
directory {home}/data
limits dn.exact="{few}" size={limit} size.prtotal={limit}
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="{reader}" read by dn.exact="{few}" read by * none
"""
_LDIF = """\
dn: {base}
objectClass: dcObject
objectClass: organization
dc: firm
o: firm

dn: {people}
objectClass: organizationalUnit
ou: customers

dn: {reader}
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: reader
userPassword: {password}

dn: {few}
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: few
userPassword: {password}
"""
_MAKE = (
    "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=directory"
    f" -addext subjectAltName=IP:{LOOPBACK} -keyout key.pem -out cert.pem"
)


@dataclass
class Directory:
    """`with Directory() as directory:` has it running."""

    port: int = field(default_factory=free_port)
    secure: int = field(default_factory=free_port)
    _process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        program = shutil.which("slapd", path="/usr/sbin:/usr/bin")
        if program is None:
            pytest.fail("slapd is not here: apt-get install slapd")
        self.home = Path(tempfile.mkdtemp(prefix="slapd-"))
        self.ca = self.home / "cert.pem"
        (self.home / "data").mkdir()
        conf = self.home / "slapd.conf"
        conf.write_text(_CONF.format(home=self.home, base=BASE, reader=READER, few=FEW, limit=LIMIT))
        subprocess.run(_MAKE.split(), cwd=self.home, check=True, capture_output=True)
        said = _LDIF.format(base=BASE, people=PEOPLE, reader=READER, few=FEW, password=PASSWORD).encode()
        subprocess.run([program, "-T", "add", "-f", conf], input=said, check=True, capture_output=True)
        self._program, self._conf = program, conf
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    def start(self) -> None:
        """Returns when it answers."""
        where = f"ldap://{LOOPBACK}:{self.port} ldaps://{LOOPBACK}:{self.secure} ldaps://{OTHER}:{self.secure}"
        with (self.home / "log").open("ab") as log:
            command = [self._program, "-h", where, "-f", self._conf, "-d", "0"]
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        until(lambda: accepts(self.port) and accepts(self.secure), "slapd")

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
            self._process = None

    def put(self, entries: Sequence[Mapping[str, object]]) -> None:
        """These are its customers from now on."""
        connection = Connection(Server(LOOPBACK, self.port, get_info=NONE), f"cn=root,{BASE}", "root", auto_bind=True)
        connection.search(PEOPLE, "(objectClass=inetOrgPerson)")
        for one in list(connection.entries):
            connection.delete(one.entry_dn)
        for number, one in enumerate(entries):
            assert connection.add(f"uid={number},{PEOPLE}", "inetOrgPerson", {"sn": "x", **one}), connection.result
        connection.unbind()
