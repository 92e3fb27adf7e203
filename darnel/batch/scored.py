"""What one LightGBM call says about a package of many: the numbers, without what it takes to explain them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from darnel.models.manifest import Variant


class Scored(NamedTuple):
    """The same numbers as :class:`darnel.models.bundle.Judgement`."""

    raw: float
    score: float
    base_rate: float
    reached: tuple[str, ...]

    @classmethod
    def of(cls, raw: float, score: float, variant: Variant) -> Scored:
        """Numbers of a package that ``variant`` scored."""
        reached = tuple(point.name for point in variant.operating_points if raw >= point.threshold)
        return cls(raw, score, variant.base_rate, reached)

    @property
    def point(self) -> str:
        """Strictest operating point reached, ``""`` if none."""
        return self.reached[0] if self.reached else ""
