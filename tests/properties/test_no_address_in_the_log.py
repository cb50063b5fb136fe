"""`log.privacy: hash`: no address of the message, account or reply text appears in any log line of its way."""

from __future__ import annotations

import io
import logging

import structlog
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from strategies import mail, reverse_paths

from gateway.core.address import Address
from gateway.core.privacy import Privacy, Redaction
from gateway.ops.log import configure

ATEXT = "abcXYZ019!#$%&'*+/=?^_`{|}~.-èß\u0430\u202e"
LOCALS = st.text(ATEXT, min_size=3, max_size=20).filter(lambda text: set(text) != {"*"}) | st.text(
    'ab \\"@(\u00e8', min_size=3, max_size=20
).map(lambda text: '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"')
DOMAINS = st.sampled_from(["rossi.example", "Sub.Smith.example.", "caffè.example", "[192.0.2.1]"])
AROUND = st.sampled_from(
    ["{}", "<{}>", "550 5.1.1 <{}>: unknown", "no such user {}.", "rfc822; {};", "({})", "\r\n{}\t", "x,{}"]
)
HIDING = (Privacy.HASH, Privacy.DOMAIN)
FORMATS = st.sampled_from(["text", "json"])


def logged(format, privacy=Privacy.HASH):  # noqa: A002 - the configuration's own word
    out = io.StringIO()
    configure(format, out, level="debug", shows=Redaction(privacy, b"a key of sixteen"))
    return out


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(local=LOCALS, end=st.tuples(DOMAINS, AROUND), how=st.tuples(FORMATS, st.sampled_from(HIDING)))
@example(local='"@@@"', end=("rossi.example", "{}"), how=("json", Privacy.HASH))
def test_whatever_a_server_says_of_an_address_hides_it(restored, local, end, how):
    """In the words of a reply, a fault, a library's error, a list: what stands before the @ is on no line."""
    (domain, around), (_, privacy) = end, how
    out, words = logged(*how), around.format(f"{local}@{domain}")
    log = structlog.get_logger()
    log.info("outbox.deferred", status=words, to=[words])
    logging.getLogger("library").error("odd: %s", words)
    try:
        Address.parse(words)
        int(words)
    except ValueError as fault:
        log.exception("examine.fault", why=words, exc_info=ValueError(words, fault))
    written = out.getvalue()
    assert f"{local}@" not in written
    assert f"{local}@" not in written.replace('\\"', '"').replace("\\\\", "\\")
    if privacy is Privacy.HASH:
        assert "@" not in written


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(message=mail(), reverse_path=reverse_paths, format=FORMATS)
async def test_no_address_of_a_message_is_in_any_line_of_its_way(gateway, restored, message, reverse_path, format):  # noqa: A002 - the same
    """From what came to what is queued, at the level of debug: neither author, envelope, recipient nor account."""
    out = logged(format)
    receipt = await gateway.receive(message[0], reverse_path=reverse_path)
    assert receipt.id in out.getvalue()
    assert "@" not in out.getvalue()
