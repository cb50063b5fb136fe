"""The public suffix list as second opinion (threats rule 7)."""

from __future__ import annotations

import pytest

from gateway.authentication.suffixes import public_suffixes


@pytest.fixture(scope="module")
def is_public_suffix():
    return public_suffixes()


@pytest.mark.parametrize(
    "suffix", ["it", "gov.it", "co.uk", "github.io", "xn--p1ai", "blogspot.com", "kobe.jp", "a.kobe.jp", "example", ""]
)
def test_registries_hosts_with_tenants_and_the_unknown_are_suffixes(is_public_suffix, suffix: str) -> None:
    """In doubt it is a suffix, and vouches for nobody."""
    assert is_public_suffix(suffix)


@pytest.mark.parametrize("domain", ["rossi.it", "rossi.co.uk", "rossi.github.io", "city.kobe.jp", "rossi.example"])
def test_what_somebody_registered_is_no_suffix(is_public_suffix, domain: str) -> None:
    """A firm's own domain, exceptions of the list and names of unknown top levels included."""
    assert not is_public_suffix(domain)
