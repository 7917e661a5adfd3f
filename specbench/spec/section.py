"""What all sections of a study share: strict models, and the types of their fields."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Section(BaseModel):
    """What all sections share: unknown keys and loose types are refused."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True, allow_inf_nan=False
    )


class FilePath:
    """Marks a string field as a path: relative to the spec file, or to the caller in ``--set``."""


Location = Annotated[str, Field(min_length=1), FilePath()]
MOST = 2**31 - 1
Count = Annotated[int, Field(ge=1, le=MOST)]
Seed = Annotated[int, Field(ge=0, lt=2**31)]
Name = Annotated[
    str,
    Field(min_length=1, max_length=100, pattern=r"^[^+/\x00-\x1f\x7f-\x9f\u2028\u2029]+$"),
]
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
