"""The section oauth2: which grant its files mean, and the provider's own addresses and scopes."""

from __future__ import annotations

import pytest

from gateway.config import OAuth2


def section(**keys):
    return OAuth2.model_validate(keys)


MICROSOFT = {"provider": "microsoft", "tenant": "t.example", "client_id": "x"}


@pytest.mark.parametrize(
    ("keys", "grant"),
    [
        ({"provider": "google", "service_account_file": "k"}, "service-account"),
        (
            {"provider": "google", "client_id": "x", "client_secret_file": "s", "refresh_token_file": "r"},
            "refresh-token",
        ),
        (MICROSOFT, "login"),
        (MICROSOFT | {"client_secret_file": "s"}, "client-credentials"),
        (MICROSOFT | {"certificate_file": "c", "key_file": "k"}, "client-credentials"),
        (MICROSOFT | {"client_secret_file": "s", "device_url": "https://x.example/d"}, "login"),
    ],
)
def test_the_files_say_which_grant(keys, grant):
    """Nothing else has to be written; and none of these is at fault."""
    assert section(**keys).grant == grant
    assert list(section(**keys).faults()) == []


def test_the_providers_own_addresses():
    """Left out, they are the provider's; written, they stand instead."""
    one = section(**MICROSOFT)
    written = section(**MICROSOFT | {"token_url": "https://x.example/t"})
    told = [one.token_endpoint, section(provider="google").token_endpoint, written.token_endpoint]
    assert told[0] == "https://login.microsoftonline.com/t.example/oauth2/v2.0/token"
    assert one.device_endpoint == "https://login.microsoftonline.com/t.example/oauth2/v2.0/devicecode"
    assert told[1:] == ["https://oauth2.googleapis.com/token", "https://x.example/t"]


@pytest.mark.parametrize(
    ("keys", "imap", "smtp"),
    [
        ({"provider": "google"}, "https://mail.google.com/", "https://mail.google.com/"),
        ({"provider": "generic"}, "", ""),
        (MICROSOFT | {"client_secret_file": "s"}, *["https://outlook.office365.com/.default"] * 2),
        (
            MICROSOFT,
            "https://outlook.office.com/IMAP.AccessAsUser.All offline_access",
            "https://outlook.office.com/SMTP.Send offline_access",
        ),
        (MICROSOFT | {"scope": "own"}, "own", "own"),
    ],
)
def test_the_providers_own_scopes(keys, imap, smtp):
    """What is asked for is what mail needs, and no more."""
    assert (section(**keys).scope_for("IMAP"), section(**keys).scope_for("SMTP")) == (imap, smtp)


@pytest.mark.parametrize("tenant", ["a/b", "a?b", "", "x" * 256])
def test_a_tenant_is_part_of_a_url_and_nothing_more(tenant):
    """It leads the secret nowhere else."""
    with pytest.raises(ValueError, match="tenant"):
        section(provider="microsoft", client_id="x", tenant=tenant)
