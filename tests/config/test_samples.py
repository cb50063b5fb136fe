"""The samples that are shipped fit together: what the README shows works."""

from email import message_from_bytes
from pathlib import Path

from gateway.config import load, shipped
from gateway.config.yaml import read
from gateway.core.address import Address

RESERVED = (".example", "example.it")


def sample_accounts():
    return read(shipped("config/accounts.yaml")).data["accounts"]


def test_the_sample_accounts_show_what_there_is_to_see():
    """Both languages, a suspended one, and one address on two accounts."""
    accounts = sample_accounts()
    addresses = [one for account in accounts for one in (account["primary"], *account.get("secondary", []))]
    assert {account["language"] for account in accounts} == {"it", "en"}
    assert "suspended" in {account.get("status") for account in accounts}
    assert len(addresses) == len(set(addresses)) + 1
    assert all(Address.parse(one).domain.endswith(".example") for one in addresses)


def test_the_first_message_is_from_a_secondary_address_of_a_sample_account():
    """So that the answer is seen to go to the primary one (R4), not to its Reply-To."""
    message = message_from_bytes(shipped("config/first-message.eml").read_bytes())
    account = next(one for one in sample_accounts() if one["code"] == "ROSSI-001")
    assert "tecnico@rossi.example" in account["secondary"]
    assert "<tecnico@rossi.example>" in message["From"]
    assert message["Reply-To"] == "eve@attack.example"


def test_the_first_message_is_as_a_border_hands_it_on():
    """CRLF, and Authentication-Results of the trusted id above the border's own Received (threats rule 5)."""
    octets = shipped("config/first-message.eml").read_bytes()
    assert octets.count(b"\n") == octets.count(b"\r\n") == octets.count(b"\r")
    names = [name for name, _ in message_from_bytes(octets).items()]
    assert names.index("Authentication-Results") < names.index("Received")
    trusted = load(shipped("config/gateway.yaml")).smtp[0].trusted_authserv_ids
    assert message_from_bytes(octets)["Authentication-Results"].partition(";")[0] in trusted


def test_shipped_files_are_found_in_a_clone():
    """In a wheel they lie in gateway/defaults."""
    assert shipped("policies") == Path(__file__).parents[2] / "policies"
