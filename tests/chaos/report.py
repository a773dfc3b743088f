"""What a trial found: one row of the table."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from dataclasses import field

__all__ = ["Report"]


@dataclass
class Report:
    """Counts of one trial on one database.

    :ivar tried: how often something was killed, cut off or crowded.
    :ivar seen: what happened, by name.
    :ivar notes: what else is to be said.
    :ivar wrong: a sentence for each judgement that failed.
    """

    trial: str
    database: str
    tried: int = 0
    seen: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    worst: float | None = None
    notes: list[str] = field(default_factory=list)

    def row(self) -> str:
        """Return a line: trial, database, tries, what was seen, verdict."""
        seen = ", ".join(f"{n} {what}" for what, n in self.seen.items())
        seen = "; ".join([*filter(None, [seen]), *self.notes])
        if self.worst is not None:
            seen += f"{', ' if seen else ''}worst {self.worst:.2f} s"
        verdict = f"{len(self.wrong)} WRONG" if self.wrong else "ok"
        return (
            f"{self.trial:<28} {self.database:<11} {self.tried:>6} "
            f" {verdict:<8} {seen}"
        )
