"""Public suffixes by the list that publicsuffixlist carries: the second opinion on where an organization ends."""

from __future__ import annotations

from collections.abc import Callable

from publicsuffixlist import PublicSuffixList


def public_suffixes() -> Callable[[str], bool]:
    """Load the list (a third of a second, so once) and give `is_public_suffix(domain)`.

    The domain is lower-case A-labels. Private suffixes (hosts with tenants, such as github.io) count, a top level that
    the list does not know counts, and what is no domain at all counts: in doubt it is a suffix, and vouches for nobody.
    """
    suffixes = PublicSuffixList(accept_unknown=True, only_icann=False)

    def is_public_suffix(domain: str) -> bool:
        return suffixes.publicsuffix(domain) in {domain, None}

    return is_public_suffix
