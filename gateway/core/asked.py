"""Asked or only spoken of: what stands around an act in its sentence. Looks at so many words, and no more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.core.intent_roles import Act, Form, Sign
from gateway.core.lexicon import Word

BEFORE = 12
"""So many words before an act tell how it is meant."""
NEAR = 6
"""So many between a participle and its `to be`."""

_TO = {"to", "per"}
_WHO = {"you", "i", "we", "also", "just", "and", "or", "e"}
_US = {"mi", "ci"}
_BREAKS = {",", "(", ")"}
_WISHED = {"request", "please", "richiesta"}
_TALK = frozenset({Sign.TOLD, Sign.IF, Sign.ABOUT})
_TO_BE = frozenset({Sign.BE, Sign.WANT})
_ASKS = frozenset({Sign.ASK, Sign.WANT})
_COMMANDED = frozenset({Sign.ASK, Sign.MUST})


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a sentence. `asks`: the sentence is a question; `over`: it says how something went."""

    words: Sequence[Word]
    at: int
    asks: bool
    over: bool

    def asked(self, form: Form) -> bool:
        """Whether the act that stands here in this form is asked for."""
        if self.spoken_of() or self.denied():
            return False
        before = self._before
        match form:
            case Form.SURE:
                return True
            case Form.ORDER:
                asked = self._opens() or (before is not None and before.text in _US)
            case Form.VERB:
                alone = all(word.signs(Sign.OPEN) for word in self.words[: self.at])
                asked = self._for_itself() or (alone and self._opens())
            case Form.DONE:
                near = self.words[max(self.at - NEAR, 0) : self.at]
                asked = any(word.one_of(_TO_BE) for word in near) and self._asker() is not None
            case Form.BASE if before is not None and before.text in _TO | _WHO:
                asked = self._for_itself()
            case _:
                asked = self._as_noun(form)
        return asked

    def spoken_of(self) -> bool:
        """Conditions, prices, reasons, and what others have said."""
        return any(word.one_of(_TALK) for word in self._clause())

    def denied(self) -> bool:
        """A no shortly before, or somebody who wants it cancelled."""
        return any(word.signs(Sign.NOT) or word.does(Act.REMOVE) for word in self._clause()[-3:])

    @property
    def _before(self) -> Word | None:
        return self.words[self.at - 1] if self.at else None

    def _clause(self) -> Sequence[Word]:
        """What stands before it, behind the last comma."""
        before = self.words[max(self.at - BEFORE, 0) : self.at]
        comma = max((place for place, word in enumerate(before) if word.text in _BREAKS), default=-1)
        return before[comma + 1 :]

    def _opens(self) -> bool:
        """Whether a command may begin here."""
        before = self._before
        return not self.asks and (before is None or before.text in _BREAKS or before.signs(Sign.OPEN))

    def _as_noun(self, form: Form) -> bool:
        """A noun that is asked for, or an English command that has the form of one; how it went is neither."""
        before = self._before
        if self.over or (before is not None and before.signs(Sign.TWISTS)):
            return False
        if form is Form.BASE and (self._opens() or (before is not None and before.one_of(_COMMANDED))):
            return True
        return self._asker() is not None or any(word.text in _WISHED for word in self.words[self.at + 1 : self.at + 3])

    def _for_itself(self) -> bool:
        """Whether it is asked for itself, not told as what something else is for: the code to transfer the domain."""
        asker, before = self._asker(), self._before
        if asker is None or before is None:
            return False
        return before.text not in _TO or not any(word.thing for word in self.words[asker + 1 : self.at])

    def _asker(self) -> int | None:
        """The place of the nearest word that asks for it, unless a no stands before that."""
        for place in range(self.at - 1, max(self.at - 1 - BEFORE, -1), -1):
            word = self.words[place]
            if word.one_of(_ASKS) or (word.signs(Sign.MUST) and not self._whether(place)):
                denied = any(one.signs(Sign.NOT) for one in self.words[max(place - 2, 0) : place])
                return None if denied else place
        return None

    def _whether(self, place: int) -> bool:
        """Whether it asks if one must; `I must change it, could you?` does not."""
        return self.asks and all(word.text != "," for word in self.words[place:])
