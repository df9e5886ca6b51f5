"""Calls the command line as a person would, and keeps what it said."""

from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass

from cli.main import run


@dataclass(frozen=True)
class Said:
    """Exit code, standard output and standard error of one call."""

    code: int
    out: str
    err: str

    @property
    def complaint(self) -> str:
        """The one line that says what was wrong; progress lines are indented and do not count."""
        lines = [line for line in self.err.splitlines() if not line.startswith("  ")]
        assert len(lines) == 1, self.err
        assert lines[0].startswith("dealcast: ")
        assert "Traceback" not in self.err
        return lines[0]


def call(*arguments: object) -> Said:
    """Runs `dealcast` in this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run([str(argument) for argument in arguments])
    return Said(code, out.getvalue(), err.getvalue())


def done(*arguments: object) -> Said:
    """As `call`, for a call that must succeed."""
    said = call(*arguments)
    assert said.code == 0, said.err
    return said
