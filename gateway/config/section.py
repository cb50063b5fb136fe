"""What every section of the configuration is, and the annotations that sections share."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

Lax = Field(strict=False)  # a list of the file becomes a tuple or a set, a word an enum's member: no other leniency
Word = Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f\x7f]+$")]


def written(text: Any) -> Any:
    """A default, as the file would write it."""
    return Field(default=text, validate_default=True)


class Section(BaseModel):
    """A part of the file: an unknown key is an error, and nothing is converted silently."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True, defer_build=True)
