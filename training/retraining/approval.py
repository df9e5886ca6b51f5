"""A person who takes responsibility for a model that the gate does not let pass, by name and with a reason."""

from __future__ import annotations

from dataclasses import dataclass

from history.errors import RequestInvalid


@dataclass(frozen=True)
class Approval:
    """Who approves, and why."""

    by: str
    reason: str


def approval_of(by: str | None, reason: str | None) -> Approval | None:
    """The approval that was given, if any; raises `RequestInvalid` when half of it is missing.

    >>> approval_of(None, None) is None
    True
    """
    if by is None and reason is None:
        return None
    if not (by or "").strip() or not (reason or "").strip():
        raise RequestInvalid(
            "an approval needs a name and a reason; expected --approve-by NAME --reason TEXT together. Give both."
        )
    return Approval(str(by).strip(), str(reason).strip())
