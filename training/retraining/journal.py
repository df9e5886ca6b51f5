"""The run folder of a retraining: every finished step with a hash of what it left, whole or not at all.

A step writes into a draft folder, which is renamed when it is done and then entered in journal.json, itself replaced
in one move. A kill at any point leaves finished steps, and at most a draft that nobody reads.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from history.errors import FileUnreadable, OutputInvalid

JOURNAL = "journal.json"
FORMAT = 1
UNHASHED = frozenset({"timings.json"})
"""Files that tell how long something took, which is another figure each time."""


@dataclass(frozen=True)
class Entry:
    """A finished step: its name, the hash of what it left, and the seconds it took."""

    name: str
    content: str
    seconds: float


class Journal:
    """The finished steps of one retraining, in `folder`, and the plan they belong to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        document = _read(folder / JOURNAL)
        self.plan: dict[str, Any] = document.get("plan", {})
        self.finished: bool = document.get("finished", False)
        self.entries = [Entry(**entry) for entry in document.get("steps", [])]

    def begin(self, plan: Mapping[str, Any]) -> None:
        """Enter what is to be done; the folder is made."""
        self.plan = dict(plan)
        self._save()

    def place(self, name: str) -> Path:
        """Where a step's files lie once it is finished."""
        return self.folder / name

    def holds(self, name: str) -> bool:
        """Whether the step is finished and its files are still those that it left."""
        entry = next((entry for entry in self.entries if entry.name == name), None)
        return entry is not None and self.place(name).is_dir() and folder_hash(self.place(name)) == entry.content

    def forget_from(self, name: str) -> None:
        """Strike a step and all after it: what they made rests on what is no longer there."""
        names = [entry.name for entry in self.entries]
        if name in names:
            self.entries = self.entries[: names.index(name)]
            self.finished = False
            self._save()

    def carry_out(self, name: str, do: Callable[[Path], None], clock: Callable[[], float]) -> None:
        """Let `do` fill a draft folder, then keep it as the step's result.

        Raises `OutputInvalid` when something cannot be written; nothing of the step is kept then.
        """
        draft, began = self.folder / f".{name}-draft", clock()
        try:
            for old in (draft, self.place(name)):
                shutil.rmtree(old, ignore_errors=True)
            draft.mkdir(parents=True)
            do(draft)
            os.replace(draft, self.place(name))
            taken = round(clock() - began, 3)
            self.entries.append(Entry(name, folder_hash(self.place(name)), taken))
            self._save()
        except OSError as error:
            shutil.rmtree(draft, ignore_errors=True)
            raise OutputInvalid(
                f"step {name} could not be written below {self.folder}: {error.strerror or error}; nothing of it was "
                "kept. Make room there and run the same command again: finished steps are not repeated."
            ) from error

    def finish(self) -> None:
        """Enter that nothing is left to do."""
        self.finished = True
        self._save()

    def _save(self) -> None:
        steps = [vars(entry) for entry in self.entries]
        write_json(
            self.folder / JOURNAL, {"format": FORMAT, "plan": self.plan, "steps": steps, "finished": self.finished}
        )


def write_json(path: Path, document: Any) -> None:
    """Replace the file at `path` in one move; readers see the old or the new whole. Its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}-draft")
    try:
        with draft.open("w", encoding="utf-8") as file:
            json.dump(document, file, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise OutputInvalid(f"{path} could not be written: {error.strerror or error}. Make room there.") from error


def read_json(path: Path) -> Any:
    """What `write_json` wrote; raises `FileUnreadable` when it is missing or damaged."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise FileUnreadable(
            f"{path} cannot be read ({error}); expected it as a retraining left it. Retrain with --again."
        ) from error


def folder_hash(folder: Path) -> str:
    """A hash of the names and bytes of all files below `folder`, but of those that tell times."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.name not in UNHASHED):
        digest.update(f"{path.relative_to(folder).as_posix()}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    document = read_json(path)
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise FileUnreadable(f"{path} is no journal of this version; expected format {FORMAT}. Retrain with --again.")
    return document
