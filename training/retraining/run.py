"""A retraining from beginning to end: twelve steps, each carried out once, whatever happens in between."""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from history.errors import RetrainingInvalid
from history.fiscal import previous, quarter_of
from history.record import History
from history.settings import Settings
from training.gate import Result
from training.registry import Registry
from training.retraining.approval import Approval
from training.retraining.handing_over import hand_over, promote, register, tell, version_of
from training.retraining.journal import JOURNAL, Journal, read_json, write_json
from training.retraining.measures import forecast_quarters, freeze_history, probe, replay_quarters, train, validate
from training.retraining.pace import shares
from training.retraining.plan import Plan, read_plan, resumed
from training.retraining.verdict import Decision, decision_of, judge, read_decision, results_of
from training.retraining.work import Lands, Learns, Work

APPROVED = "approved.json"


@dataclass(frozen=True)
class Step:
    """One step: its name, what it does in both languages, and the function."""

    name: str
    en: str
    zh: str
    do: Callable[[Work, Path], None]


STEPS = (
    Step("freeze", "freezing the history", "冻结历史数据", freeze_history),
    Step("validate", "holding it against the last freeze", "与上次冻结比对", validate),
    Step("train", "training the candidate, twice", "训练候选模型（两次）", train),
    Step("replay", "replaying past quarters beside the champion", "与现役模型同日回放过去季度", replay_quarters),
    Step("forecast", "replaying forecasts of past quarters", "回放过去季度的预测", forecast_quarters),
    Step("probe", "looking into the candidate", "检查候选模型", probe),
    Step("gate", "the gate", "上线检验", judge),
    Step("decide", "deciding", "作出决定", lambda work, folder: _decide(work, folder)),
    Step("tell", "writing the model card and the report", "撰写模型卡与报告", tell),
    Step("register", "registering", "登记版本", register),
    Step("hand-over", "handing over", "移交", hand_over),
)


@dataclass(frozen=True)
class Under:
    """The step under way: which of how many, what of the whole is behind it (0 to 1), whether it was done before."""

    step: Step
    number: int
    of: int
    behind: float
    done_before: bool


@dataclass(frozen=True)
class Outcome:
    """What came of a retraining. `news` is False when there was nothing left to do."""

    name: str
    version: str
    decision: Decision
    gate: Sequence[Result]
    folder: Path
    news: bool


@dataclass(frozen=True)
class Place:
    """Where a workspace's retrainings and frozen histories lie, and its models."""

    retrainings: Path
    frozen: Path
    registry: Registry


def begun(place: Path) -> list[str]:
    """The names of the retrainings of a workspace, sorted: "2026Q3", and "2026Q3-2" where one was begun again."""
    return sorted(path.parent.name for path in place.glob(f"*/{JOURNAL}"))


def newest(place: Path, quarter: str) -> str | None:
    """The last retraining of a quarter, if there is one."""
    names = [name for name in begun(place) if name.split("-")[0] == quarter]
    return max(names, key=lambda name: (len(name), name), default=None)


def next_name(place: Path, quarter: str) -> str:
    """The name of a further retraining of a quarter."""
    return f"{quarter}-{sum(name.split('-')[0] == quarter for name in begun(place)) + 1}"


def is_finished(place: Path, quarter: str) -> bool:
    """Whether the last retraining of a quarter is finished, whatever came of it."""
    name = newest(place, quarter)
    return name is not None and Journal(place / name).finished


def retrain(
    plan: Plan,
    place: Place,
    history: Callable[[], History],
    lands: Lands | None = None,
    learns: Learns | None = None,
    approval: Approval | None = None,
    again: bool = False,
    now: dt.datetime | None = None,
    clock: Callable[[], float] = lambda: 0.0,
    under: Callable[[Under], object] = lambda _: None,
    say: Callable[[str], object] = lambda _: None,
) -> Outcome:
    """Carry out what is left of the retraining of `plan.quarter`, or begin it; `again` begins another one.

    `history` gives the whole history and is asked only where nothing is frozen yet; `lands` replays forecasts,
    and `learns` tells what those of the next quarter have learned.
    `approval` promotes a version that the gate does not let pass, also after the retraining is finished. `now` (naive
    UTC) is put on record. Raises in one line what a person can mend: `RetrainingInvalid`, `RegistryUnavailable`,
    `OutputInvalid`, `DateInvalid`, `NoHistory`.
    """
    with _alone(place.retrainings):
        name = newest(place.retrainings, plan.quarter)
        if name is None or again:
            name = plan.quarter if name is None else next_name(place.retrainings, plan.quarter)
        journal = Journal(place.retrainings / name)
        if not journal.entries:
            journal.begin(plan.as_dict())
        begun_plan = read_plan(journal.plan)
        plan = begun_plan if journal.finished else resumed(plan, begun_plan)
        work = Work(plan, journal, place.registry, place.frozen, history, lands, learns, say, approval, now)
        return _outcome(work, news=_carried_out(work, clock, under))


def _carried_out(work: Work, clock: Callable[[], float], under: Callable[[Under], object]) -> bool:
    """Whether anything was left to do."""
    if work.journal.finished:
        return _approved_later(work)
    work.registry.must_answer()
    behind, parts = 0.0, shares(work.journal.folder.parent, work.plan.champion is not None)
    for number, step in enumerate(STEPS, 1):
        done = work.journal.holds(step.name)
        under(Under(step, number, len(STEPS), behind, done))
        if not done:
            work.journal.forget_from(step.name)
            work.journal.carry_out(step.name, lambda folder, step=step: step.do(work, folder), clock)  # type: ignore[misc]
        behind += parts[step.name]
    work.journal.finish()
    return True


def _decide(work: Work, folder: Path) -> None:
    write_json(folder / "decision.json", asdict(decision_of(results_of(work), work.approval)))


def _approved_later(work: Work) -> bool:
    """Promote a finished retraining's version now that a person approves; False when there is nothing to approve."""
    if work.approval is None or _decision(work).promoted:
        return False
    _champion_must_stay(work)
    decision = decision_of(results_of(work), work.approval)
    promote(work, decision)
    write_json(work.journal.folder / APPROVED, asdict(decision))
    return True


def _champion_must_stay(work: Work) -> None:
    champion = work.registry.champion()
    if champion is not None and champion.version not in (work.plan.champion, version_of(work)):
        raise RetrainingInvalid(
            f"the champion is {champion.version} now, but {work.name} was compared with "
            f"{work.plan.champion or 'none'}; expected the same. Retrain with --again, or use `dealcast promote`."
        )


def _decision(work: Work) -> Decision:
    approved = work.journal.folder / APPROVED
    path = approved if approved.is_file() else work.journal.place("decide") / "decision.json"
    return read_decision(read_json(path))


def _outcome(work: Work, news: bool) -> Outcome:
    return Outcome(work.name, version_of(work), _decision(work), results_of(work), work.journal.folder, news)


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """No second retraining of the workspace at the same time; a process that dies gives the place free."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise RetrainingInvalid(
                f"another retraining is under way in {folder}; expected to be alone there. Wait until it has ended."
            ) from error
        yield


def due_quarter(settings: Settings, day: dt.date) -> str:
    """The last fiscal quarter that was over on `day`."""
    return previous(quarter_of(day, settings), settings).name
