"""Tongue: whether a text is Italian or English, by its small words. A guess for policies; what we write in is R12's."""

from __future__ import annotations

from gateway.core.account import Language
from gateway.core.sentences import folded, words

CHARACTERS = 2_000
"""So much of a text tells."""
LEAST = 2
"""So many small words of a language, and twice as many as of the other one."""

_ITALIAN = """
    il lo la gli le un una di del dello della dei degli delle al alla ai alle dal dalla dai nel nella nei nelle sul
    sulla con per tra che chi cui non si mi ci vi e ed ma anche come quando dove perche se sono sei siamo siete ho
    hai ha abbiamo avete hanno era questo questa questi queste quello quella mio mia nostro nostra vostro vostra piu
    gia ancora vorrei grazie buongiorno buonasera salve cordiali saluti gentile gentili qui cosa quale quanto potete
    posso devo essere stato fatto tutto tutti solo dopo prima molto
"""
_ENGLISH = """
    the an of and to is are was were be been have has had we you they it this that these those my our your their
    with for from at by as but not do does did can could would should will please thanks thank hello hi dear regards
    what when where why how which there here any some all more also just than then if or so about after before i
"""
_SMALL = frozenset(_ITALIAN.split()), frozenset(_ENGLISH.split())


def tongue(text: str) -> Language | None:
    """The language of a text; None where there are too few words, or both languages, or another one."""
    found = words(folded(text[:CHARACTERS]))
    it, en = (sum(map(small.__contains__, found)) for small in _SMALL)
    if it >= LEAST and it > 2 * en:
        return Language.IT
    return Language.EN if en >= LEAST and en > 2 * it else None
