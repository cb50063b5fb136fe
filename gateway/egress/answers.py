"""Answers: what the smarthost said, or how it fell silent, as an outcome and in an operator's words. Pure.

Trouble before the letter is the smarthost's own and only defers; a 5xx fails a letter where it answers that letter.
"""

from __future__ import annotations

import re
import socket
import ssl

from aiosmtplib import SMTPException, SMTPResponse, SMTPResponseException, SMTPServerDisconnected

from gateway.core.letter import one_line
from gateway.core.reply import Deferred, Delivered, Failed

STATUS_CHARACTERS = 200
_RECIPIENT = re.compile(r"5\.1\.(?![78]\b)\d")  # 5.1.7 and 5.1.8 blame the sender, RFC 3463 §3.2
_NOT_YET = 530  # authentication or TLS first: RFC 4954 §6, RFC 3207 §4


def accepted(reply: SMTPResponse) -> bool:
    """Whether it is a yes; the first digit is the answer (RFC 5321 §4.2.1)."""
    return 200 <= reply.code <= 299  # noqa: PLR2004 - said above


def delivered(reply: SMTPResponse) -> Delivered:
    """The letter is the smarthost's now."""
    return Delivered(_status(reply.code, reply.message))


def refused(stage: str, code: int, message: str) -> Deferred | Failed:
    """What an answer to MAIL, RCPT or DATA that is not the right yes makes of the letter."""
    status = _status(code, message, f" (answer to {stage})")
    if 500 <= code <= 599 and code != _NOT_YET:  # noqa: PLR2004 - only 5yz is permanent, RFC 5321 §4.2.1
        return Failed(status, hard=stage == "RCPT" and _RECIPIENT.match(message) is not None)
    return Deferred(status)


def trouble(where: str, stage: str, fault: SMTPException | OSError) -> str:
    """What went wrong at `stage`, for whoever reads it at three in the morning."""
    # the library wraps what the system said; an answer speaks for itself
    cause = fault if isinstance(fault, SMTPResponseException) else fault.__cause__ or fault
    match cause:
        case SMTPResponseException(code=code, message=message) if code > 0:
            words = f"{where} takes no mail now: {_status(code, message)} (answer to {stage})"
        case SMTPResponseException(message=message):
            words = f"{where} does not speak SMTP (answer to {stage}): {message}"
        case SMTPServerDisconnected() | ConnectionResetError() | BrokenPipeError():
            words = f"{where} dropped the connection at {stage}"
        case TimeoutError():
            words = f"no answer from {where} to {stage} in time"
        case SMTPException(message=message):
            words = f"{where} cannot do {stage}: {message}"
        case ssl.SSLCertVerificationError(verify_message=why):
            words = f"the certificate of {where} is not trusted: {why}"
        case ssl.SSLError():
            words = f"no TLS with {where}: {cause.reason or cause}"
        case ConnectionRefusedError():
            words = f"no connection to {where}: refused"
        case socket.gaierror():
            words = f"no connection to {where}: its name cannot be looked up ({cause.strerror})"
        case _:
            words = f"no connection to {where}: {cause}"
    return one_line(words, STATUS_CHARACTERS)


def _status(code: int, message: str, remark: str = "") -> str:
    return one_line(f"{code} {message}", STATUS_CHARACTERS - len(remark)) + remark
