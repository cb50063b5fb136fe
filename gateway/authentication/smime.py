"""S/MIME: whether a PEC provider has made a seal, asked of the `openssl` command. What was signed is cut out before.

The command gets octets in files of a private folder and arguments of our own, and never a word of the mail; its own
reader of mail is not used, so that what it verifies and what we read are the same octets.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
from datetime import datetime
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory

from gateway.core.address import Address
from gateway.core.letter import shown
from gateway.core.message import Seal
from gateway.ports import Unavailable

SECONDS = 10
"""Of one call of openssl, which takes some 30 ms."""
WAIT_SECONDS = 25
"""Of one seal, its turn included."""
AT_ONCE = 2
CERTIFICATES = 1
"""Two signers would be two providers."""
EMAILS = 20

_BEGIN = "-----BEGIN CERTIFICATE-----"
_NOT_VERIFIED, _NOT_READ = 4, 2  # openssl-cms(1), exit codes
_REASON, _MORE = 3, 6  # in a line of its errors: code, library, function, reason, file, line, more


class Smime:
    """ports.Seals, held against the certificates in `ca_file`."""

    def __init__(self, ca_file: Path) -> None:
        self._ca_file = ca_file
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def doubt(self, seal: Seal, at: datetime) -> str:
        """Why the seal is not its provider's, "" where it is. Raises Unavailable."""
        try:
            async with asyncio.timeout(WAIT_SECONDS), self._turns:
                return await asyncio.to_thread(self._doubt, seal, at)
        except TimeoutError as fault:
            raise Unavailable("openssl is busy: a PEC seal waits to be verified") from fault

    def trouble(self) -> str:
        """What keeps seals from being verified, or ""."""
        try:
            found = self._openssl("storeutl", "-noout", "-certs", str(self._ca_file))
        except Unavailable as fault:
            return str(fault)
        if found.returncode or b"Total found: 0" in found.stdout:
            return f"{self._ca_file} has no certificate that openssl can read (PEM)"
        return ""

    def _doubt(self, seal: Seal, at: datetime) -> str:
        with TemporaryDirectory(prefix="gateway-") as folder:  # mode 0700
            content, signature, signer = (Path(folder, name) for name in ("content", "signature", "signer"))
            content.write_bytes(seal.signed)
            signature.write_bytes(seal.signature)
            how = ["-verify", "-binary", "-inform", "DER", "-in", str(signature), "-content", str(content)]
            how += ["-CAfile", str(self._ca_file), "-no-CApath", "-no-CAstore", "-partial_chain"]
            how += ["-purpose", "smimesign", "-auth_level", "1", "-attime", str(int(at.timestamp()))]
            found = self._openssl("cms", *how, "-out", os.devnull, "-signer", str(signer))
            if found.returncode == 0:
                return self._other_signer(signer, seal.provider)
            if found.returncode != _NOT_VERIFIED and (trouble := self.trouble()):
                raise Unavailable(trouble)  # I9: our own file, and no fault of the seal's
            if found.returncode not in {_NOT_VERIFIED, _NOT_READ}:
                raise Unavailable(f"openssl cms ended with {found.returncode}: {_why(found.stderr)}")
            return f"its signature is not good: {_why(found.stderr)}"

    def _other_signer(self, signer: Path, provider: Address) -> str:
        """RFC 6109 §6.5: the address in the certificate is the one that the provider writes from."""
        if (signers := signer.read_text("ascii", "replace").count(_BEGIN)) != CERTIFICATES:
            return f"it has {signers} signers"
        told = self._openssl("x509", "-in", str(signer), "-noout", "-email").stdout.decode("ascii", "replace")
        emails = told.split()[:EMAILS]
        if any(_key(one) == provider.key for one in emails):
            return ""
        return f"it is signed by {shown(', '.join(emails)) or 'nobody with an address'}, and from {provider}"

    def _openssl(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        program = which("openssl")
        if program is None:
            raise Unavailable("openssl is not installed: PEC seals cannot be verified")
        try:
            return subprocess.run(  # noqa: S603 - no shell, a program by its path, nothing of the mail in it
                [program, *arguments],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=SECONDS,
                check=False,
                env={"LC_ALL": "C"},
            )
        except subprocess.TimeoutExpired as fault:
            raise Unavailable(f"openssl {arguments[0]} took over {SECONDS} seconds") from fault
        except OSError as fault:
            raise Unavailable(f"openssl cannot be run: {fault}") from fault


def _why(stderr: bytes) -> str:
    """The last error that openssl writes: its own words, from a list of its own."""
    told = stderr.decode("ascii", "replace").rpartition(":error:")[2].partition("\n")[0].split(":", _MORE)
    return shown(told[_MORE].strip() or told[_REASON], 120) if len(told) > _MORE else "no reason given"


def _key(email: str) -> str:
    try:
        return Address.parse(email).key
    except ValueError:
        return ""
