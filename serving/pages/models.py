"""The models page: which version serves, how its chances came true, beside what, and who promoted what."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from history.errors import DealUnknown, ModelUnavailable, RequestInvalid
from serving.access import PagePromoter, PageReader
from serving.asking import one_of
from serving.charts import Bin, reliability
from serving.flag_words import share
from serving.live import Live, standing_of
from serving.pages.context import Page
from serving.pages.drawn import Drawn, drawn_beside
from serving.pages.format import NOTHING, day
from serving.pages.models_watch import drift_table, shadow_table, watched
from serving.pages.promotion import PROMOTE, ROLL_BACK, PromotionForm, offered, promotion_form
from serving.pages.rendering import render
from serving.pages.shell import Shell
from serving.pages.table import Cell, Head, Row, Span, Table, Tile, link, num
from serving.promoting import attempt, promote
from serving.sight import Sight
from serving.standing import Standing
from serving.texts import Translator, joined, text_or, translator
from serving.tokens import utc_now
from serving.track import Track, track
from training.model_version import ModelVersion
from training.promotion import Order

router = APIRouter(include_in_schema=False)
GATE_SAID = re.compile(r"(the first version, although )?the gate found (G\d\d(?:, G\d\d)*)")


@dataclass(frozen=True)
class Record:
    """Said against come true: the chart, and the same as a table with counts, whose note says what it is about."""

    drawn: Drawn
    table: Table


@dataclass(frozen=True)
class ModelsPage(Page):
    """Figures, the records of the serving version, and the tables of versions and checks; `promotion` for who may."""

    answer: str
    said: str
    refused: str
    promotion: PromotionForm | None
    tiles: list[Tile]
    records: list[Record]
    tables: list[Table]


@router.get("/models", name="models")
def models(
    request: Request, reader: PageReader, version: str = "", done: Literal["", "promoted", "rolled_back"] = ""
) -> Response:
    """Of models everybody who is signed in may know everything: the figures are of the whole company, of no person."""
    shell = Shell(request, standing_of(request), reader.sight)
    if version:
        one_of("version", version, [one.version for one in shell.standing.registry.versions()])
    form = promotion_of(shell, version)
    said = f"models.done_{done}" if done and shell.sight.may("promote") else ""
    return render(request, "models.html", models_page(shell, form, said=said))


@router.post("/models/promotions")
def let_serve(
    request: Request,
    promoter: PagePromoter,
    version: Annotated[str, Form(max_length=40)],
    did: Annotated[str, Form(max_length=20)],
    reason: Annotated[str, Form()] = "",
    confirm: Annotated[str, Form(max_length=60)] = "",
) -> Response:
    """Does it, on record under the promoter's name; what was wrong is said beside the form."""
    live: Live = request.app.state.live
    roll_back = did == ROLL_BACK
    request.state.audited_what = f"{attempt(version, roll_back)} (POST {request.url.path})"
    if did not in (PROMOTE, ROLL_BACK):
        raise RequestInvalid(f"did {did!r} is not known; expected {PROMOTE} or {ROLL_BACK}.")
    if confirm.strip() != version:
        return refused_page(request, promoter.sight, version, "models.not_confirmed")
    order = Order(promoter.name, reason.strip(), utc_now())
    try:
        done = promote(live.registry, version, order, roll_back, live.workspace.settings.feature_fields)
    except DealUnknown:
        return refused_page(request, promoter.sight, "", "models.unknown_version", 404)
    except RequestInvalid:
        return refused_page(request, promoter.sight, version, "models.no_reason")
    except ModelUnavailable:
        return refused_page(request, promoter.sight, version, "models.not_loadable", 503)
    request.state.audited_what = f"{done.told} (POST {request.url.path})"
    return RedirectResponse(link("/models", done="rolled_back" if roll_back else "promoted"), status_code=303)


def refused_page(request: Request, sight: Sight, version: str, why: str, status: int = 422) -> Response:
    """The page again, with what was wrong with the form (a key of the texts)."""
    shell = Shell(request, standing_of(request), sight)
    page = models_page(shell, promotion_of(shell, version), refused=why)
    return render(request, "models.html", page, status)


def promotion_of(shell: Shell, version: str) -> PromotionForm | None:
    """The form about a version, the newest that does not serve where none is named; None for who may not promote.

    It is told from the registry as it is now, not as it was when the standing was made.
    """
    if not shell.sight.may("promote"):
        return None
    registry = shell.standing.registry
    versions = registry.versions()
    others = offered(versions)
    if not others:
        return None
    entry = next((one for one in others if one.version == version), others[0])
    told = shell.standing.remembered(("told version", entry.version), lambda: registry.told(entry))
    return promotion_form(versions, entry, told, shell.standing, shell.language)


def models_page(shell: Shell, promotion: PromotionForm | None = None, said: str = "", refused: str = "") -> ModelsPage:
    """The context of the page; `said` and `refused` are keys of the texts."""
    standing, language = shell.standing, shell.language
    t = translator(language)
    versions = standing.remembered(("versions",), standing.registry.versions)
    serving = next((one for one in versions if one.version == standing.model.version), None)
    told = standing.remembered(("told",), lambda: standing.registry.told(serving)) if serving else {}
    since = standing.remembered(("track",), lambda: track(standing))
    drawn = standing.remembered(("records", language), lambda: records(since, told, standing, language))
    return ModelsPage(
        **shell.fields(t("models.title")),
        answer=answer(since, told, standing, language),
        said=t(said) if said else "",
        refused=t(refused) if refused else "",
        promotion=promotion,
        tiles=tiles(versions, serving, standing, language),
        records=drawn,
        tables=[
            *_watching(standing, language),
            beside_table(told, language),
            check_table(told, language),
            version_table(versions, standing, language),
        ],
    )


def _watching(standing: Standing, language: str) -> list[Table]:
    shadow = shadow_table(standing, language)
    return [drift_table(watched(standing), language), *([] if shadow is None else [shadow])]


def answer(since: Track | None, told: Mapping[str, Any], standing: Standing, language: str) -> str:
    """Which version serves and whether its chances came true, by its own record or else by the held-out period."""
    t = translator(language)
    model = standing.model
    trained = day(standing.history.settings.day_of(model.trained_as_of), language)
    parts = [
        t("models.answer_tables") if standing.small_data else t("models.answer", version=model.version, day=trained)
    ]
    if standing.in_sample:
        parts.append(t("models.in_sample"))
    elif since is not None:
        said = {"said": f"{since.said:,.0f}", "came": f"{since.came:,}", "deals": f"{since.deals:,}"}
        parts.append(t("models.answer_track", **said))
    elif told.get("held_out"):
        parts.append(_held_sentence(told, t))
    else:
        parts.append(t("models.answer_new"))
    return joined(parts, language)


def _held_sentence(told: Mapping[str, Any], t: Translator) -> str:
    bins = told["reliability"]
    rows = sum(one["n"] for one in bins)
    said, came = (100 * sum(one["n"] * one[name] for one in bins) / rows for name in ("shown", "came"))
    return t("models.answer_held", deals=f"{told['held_out']['deals']:,}", said=f"{said:.0f}", came=f"{came:.0f}")


def tiles(versions: list[ModelVersion], serving: ModelVersion | None, standing: Standing, language: str) -> list[Tile]:
    """The serving version and its figures on the held-out period."""
    t = translator(language)
    trained = day(standing.history.settings.day_of(standing.model.trained_as_of), language)
    metrics = serving.metrics if serving else {}
    gate = _hundred(metrics.get("stage_age.auc"))
    promoted = sum(one.promoted for one in versions)
    return [
        Tile(t("models.serving"), standing.model.version, t("models.trained", day=trained)),
        Tile(t("models.auc"), _hundred(metrics.get("model.auc")), t("models.auc_note", gate=gate)),
        Tile(t("models.slope"), _figure(metrics.get("calibration_slope"), 2), t("models.slope_note")),
        Tile(t("models.count"), f"{len(versions)}", t("models.count_note", count=promoted)),
    ]


def _hundred(value: float | None) -> str:
    return NOTHING if value is None else f"{100 * value:.0f}"


def _figure(value: float | None, decimals: int = 3) -> str:
    return NOTHING if value is None else f"{value:.{decimals}f}"


def records(since: Track | None, told: Mapping[str, Any], standing: Standing, language: str) -> list[Record]:
    """Since it was trained, and in the period that was held out from it; those that there are."""
    t = translator(language)
    found = []
    if since is not None and not standing.in_sample:
        note = t(
            "models.since_note",
            days=len(since.days),
            day=day(standing.day, language),
            rows=f"{since.rows:,}",
            deals=f"{since.deals:,}",
        )
        found.append(_record(t("models.since"), note, since.bins.to_dicts(), language))
    held = told.get("held_out")
    if held:
        first, last = (day(dt.date.fromisoformat(held[name]), language) for name in ("first", "last"))
        numbers = {"rows": f"{held['n']:,}", "deals": f"{held['deals']:,}", "first": first, "last": last}
        note = t("models.held_note", question=question(held["question"], t), **numbers)
        found.append(_record(t("models.held"), note, told["reliability"], language))
    return found


def question(told: str, t: Translator) -> str:
    """The question that was asked of the held-out rows, as it was kept with the version, in the reader's words."""
    start, periods = "won before the end of ", told.removeprefix("won before the end of ")
    return t("models.question", periods=periods.replace(" or ", t("models.or"))) if told.startswith(start) else told


def reason(told: str, t: Translator) -> str:
    """Why a version serves: the gate's own sentences in the reader's words, a person's as they were written."""
    found = GATE_SAID.fullmatch(told)
    if found is None:
        return t("models.why_nothing") if told == "the gate found nothing" else told
    return t("models.why_first" if found[1] else "models.why_found", codes=found[2])


def _record(heading: str, note: str, bins: list[dict[str, Any]], language: str) -> Record:
    points = [Bin(one["shown"], one["came"], one["deals"]) for one in bins]
    drawn = drawn_beside(heading, lambda width: reliability(points, heading, language, width))
    return Record(drawn, replace(reliability_table(bins, heading, language), note=note))


def reliability_table(bins: list[dict[str, Any]], heading: str, language: str) -> Table:
    """The same as numbers: chance given, share won with its interval, and of how many."""
    t = translator(language)
    heads = [Head(t("models.chance"), t("models.chance_note")), num(t("models.came"), t("models.came_note"))]
    heads += [num(t("models.rows")), num(t("models.deals"))]
    return Table(heading, heads, [_bin(one) for one in bins], nothing=t("models.no_record"))


def _bin(one: dict[str, Any]) -> Row:
    low, high = share(one["low"]), share(one["high"])
    span = Span(
        start=round(100 * max(one["low"], 0.0), 1),
        width=round(100 * (one["high"] - max(one["low"], 0.0)), 1),
        middle=round(100 * one["came"], 1),
        line=round(100 * one["shown"], 1),
        label=f"{low} – {high}",
    )
    came = Cell(share(one["came"]), f"{low} – {high}", span=span)
    given = Cell(f"{share(one['from'])} – {share(one['to'])}", share(one["shown"]))
    return Row([given, came, Cell(f"{one['n']:,}"), Cell(f"{one['deals']:,}")])


def beside_table(told: Mapping[str, Any], language: str) -> Table:
    """The figures of every way on the held-out rows, the best log loss first."""
    t = translator(language)
    forecasts = (told.get("held_out") or {}).get("forecasts", {})
    order = sorted(forecasts, key=lambda name: (forecasts[name]["log_loss"]["value"] or 9.0, name))
    heads = [Head(t("models.way"))]
    heads += [num(t(f"models.{name}")) for name in ("auc_short", "log_loss", "brier")]
    rows = [
        Row(
            [Cell(text_or(language, f"way.{name}", name)), *(_score(forecasts[name][key]) for key in METRICS)],
            "current" if name == "model" else "",
        )
        for name in order
    ]
    return Table(t("models.beside"), heads, rows, t("models.beside_note"), t("models.no_beside"))


METRICS = ("auc", "log_loss", "brier")


def _score(one: dict[str, float | None]) -> Cell:
    return Cell(_figure(one["value"]), f"{_figure(one['low'])} – {_figure(one['high'])}")


def check_table(told: Mapping[str, Any], language: str) -> Table:
    """What the gate said of the serving version, check by check."""
    t = translator(language)
    chinese = language == "zh-CN"
    heads = [Head(t("models.check")), Head(t("models.outcome")), Head(t("models.sentence"))]
    rows = []
    for one in told.get("gate", []):
        title = (one.get("title_zh") if chinese else "") or one["title"]
        why = (one.get("sentence_zh") if chinese else "") or one["sentence"]
        tone = {"passed": "good", "found": "bad"}.get(one["outcome"], "quiet")
        rows.append(Row([Cell(f"{one['code']} {title}"), Cell(t(f"outcome.{one['outcome']}"), tone=tone), Cell(why)]))
    return Table(t("models.checks"), heads, rows, nothing=t("models.no_checks"))


def version_table(versions: list[ModelVersion], standing: Standing, language: str) -> Table:
    """Every version: when it was trained, whether it serves, who let it and why, and its figures."""
    t = translator(language)
    heads = [Head(t(f"models.{name}")) for name in ("version", "as_of", "state", "by", "why", "gate")]
    heads += [num(t(f"models.{name}")) for name in ("auc_short", "log_loss", "slope")]
    rows = [_version(one, standing, language) for one in versions]
    return Table(t("models.versions"), heads, rows, nothing=t("models.no_versions"))


def _version(one: ModelVersion, standing: Standing, language: str) -> Row:
    t = translator(language)
    serves = one.version == standing.model.version
    state = "champion" if serves else "promoted" if one.promoted else "waiting"
    by = one.tags.get("promoted_by", NOTHING)
    gate = one.tags.get("gate", "")
    cells = [
        Cell(one.version),
        Cell(day(standing.history.settings.day_of(one.trained_as_of), language)),
        Cell(t(f"models.{state}"), tone="good" if serves else "" if one.promoted else "quiet"),
        Cell(t("models.by_gate") if by == "gate" else by),
        Cell(reason(one.tags.get("promoted_reason", NOTHING), t)),
        Cell(t(f"models.gate_{gate}") if gate in ("passed", "found") else NOTHING),
        Cell(_figure(one.metrics.get("model.auc"))),
        Cell(_figure(one.metrics.get("model.log_loss"))),
        Cell(_figure(one.metrics.get("calibration_slope"), 2)),
    ]
    return Row(cells, "current" if serves else "")
