"""Keeps a `Standing` in memory and makes a new one when the store or the registry changes. The clock is read here."""

from __future__ import annotations

import datetime as dt
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import sqlalchemy as sa
from fastapi import Request

from features.matrix import prepare
from history.errors import DealcastError
from history.fiscal import bounds, quarter_of
from history.record import History
from history.store import Store
from history.workspace import Workspace, open_workspace
from serving.choosing import choose_model
from serving.intake import last_number, rows_after
from serving.memory import WARMER
from serving.own_calls import running_periods, write_down
from serving.renewal import DAY_MAKING, STATED, newest, renewed, restated
from serving.scoring import score_fully
from serving.served_day import serving_instant
from serving.settings import ServingSettings
from serving.standing import Standing
from serving.store import EVENTS
from serving.tokens import utc_now
from serving.warmth import forecast_tables, succeeding, warm
from training.registry import Registry

SHORTEST_REFRESH_SECONDS = 0.05
FOLLOWER_SECONDS = 5.0
EVENTS_SECONDS = 0.25
"""How often it is looked for events that another process has taken in."""
SETTLED_AFTER_SECONDS = 300.0
"""How long after the whole was worked out it is worked out again for events that came since one by one."""
LOG = logging.getLogger("dealcast.serving")


@dataclass(frozen=True)
class Seen:
    """What was there when it was last looked: what the deals' scores follow from, and how much had been stated."""

    of_deals: object
    stated: object

    def of_deals_as(self, other: Seen | None) -> bool:
        """Whether the deals' scores follow from the same."""
        return other is not None and self.of_deals == other.of_deals


class Live:
    """The standing that is served. While a change is taken in, the others are answered from what stood before."""

    def __init__(self, settings: ServingSettings, told: Callable[[int, str, float], None] | None = None) -> None:
        self.settings = settings
        self._told = told
        self._stopped = threading.Event()
        self._follower: threading.Thread | None = None
        self.workspace: Workspace = open_workspace(settings.workspace, settings.database_url)
        self.store: Store = self.workspace.store()
        self.registry = Registry(self.workspace.path, self.store.workspace_id, settings.tracking_uri)
        self._lock = threading.Lock()
        self._making = threading.Lock()
        self._standing: Standing | None = None
        self._seen: Seen | None = None
        self._looked = 0.0
        self._behind = False
        self._number = 0
        self._made = 0.0
        self._unsettled = False
        self._anew = False
        self._warmer: threading.Thread | None = None
        self._spoken: tuple[dt.datetime, str] | None = None

    def standing(self) -> Standing:
        """The newest standing; looks for changes at most every `refresh_seconds`."""
        current = self._standing
        if current is not None and self._follower is not None:
            return current
        if current is not None and time.monotonic() - self._looked < self.settings.refresh_seconds:
            return current
        if self._making.acquire(blocking=current is None):
            try:
                return self._refreshed()
            finally:
                self._making.release()
        assert current is not None
        return current

    @property
    def at_hand(self) -> Standing | None:
        """The standing, where it is had without waiting: a thread of its own looks for changes."""
        return self._standing if self._follower is not None else None

    @property
    def ready(self) -> bool:
        """Whether there is something to serve."""
        return self._standing is not None

    @property
    def warm(self) -> bool:
        """Whether what pages ask first is worked out."""
        return self._standing is not None and self._standing.lasting.settled.is_set()

    @property
    def behind(self) -> bool:
        """Whether the newest change could not be taken in, and what stood before is served."""
        return self._behind

    def follow(self) -> None:
        """Makes the first standing if there can be one, then looks for changes in a thread of its own.

        From then on no request waits for a change to be taken in.
        """
        try:
            self.standing()
        except DealcastError as error:
            LOG.warning("nothing can be served yet: %s", type(error).__name__)
        self._follower = threading.Thread(target=self._follow, name="follower", daemon=True)
        self._follower.start()

    def _follow(self) -> None:
        refresh = max(self.settings.refresh_seconds, SHORTEST_REFRESH_SECONDS)
        while not self._stopped.wait(min(refresh, EVENTS_SECONDS)):
            try:
                self.take_in()
            except Exception:
                # Whatever it is, what stands is served on; everything worked out anew may mend it.
                self._anew, self._behind = True, True
                LOG.exception("events could not be taken in")
            if time.monotonic() - self._looked >= refresh and self._making.acquire(blocking=False):
                self._look_beside()

    def _look_beside(self) -> None:
        """Looks for changes in a thread of its own: events that come meanwhile are scored as soon as they come."""
        try:
            threading.Thread(target=self._look, name="maker", daemon=True).start()
        except Exception:
            self._making.release()
            LOG.exception("nobody could be sent to look for changes")

    def _look(self) -> None:
        try:
            self._refreshed()
        except Exception:
            self._behind = True
            LOG.exception("looking for changes failed")
        finally:
            self._looked = time.monotonic()
            self._making.release()

    def take_in(self) -> None:
        """Scores the deals of events that have come since anew; see `serving.renewal`.

        After the first event of a day that is not served yet everything is worked out anew, for that day.
        """
        with self._lock:
            if self._standing is not None and has_events(self.store):
                self._take_rows(self._standing)

    def _take_rows(self, standing: Standing) -> None:
        with self.store.reading() as connection:
            number, rows = rows_after(connection, self._number)
        if rows:
            self._standing, self._unsettled = renewed(standing, rows), True
        self._number = max(self._number, number)
        last = newest({name: rows[name] for name in DAY_MAKING if name in rows})
        if last is not None and self._moves_on(standing, last):
            self._anew, self._looked = True, 0.0

    def _moves_on(self, standing: Standing, recorded: dt.datetime) -> bool:
        settings = standing.history.settings
        today = settings.start_of(settings.day_of(utc_now()))
        return self.settings.as_of is None and recorded >= standing.as_of and standing.as_of <= today

    def _refreshed(self) -> Standing:
        try:
            seen = self._fingerprint()
            due = self._anew or (self._unsettled and time.monotonic() - self._made >= SETTLED_AFTER_SECONDS)
            stood = self._standing
            if stood is not None and not due and seen.of_deals_as(self._seen) and seen != self._seen:
                self._restate(seen)
            elif stood is None or due or seen != self._seen:
                self._make_anew(seen)
            self._behind = False
        except DealcastError:
            # What stood before is still true of its day; a damaged import or bundle must not take the service down.
            if self._standing is None:
                raise
            self._behind = True
            LOG.exception("a change could not be taken in; serving what stood before")
        self._looked = time.monotonic()
        assert self._standing is not None
        return self._standing

    def _make_anew(self, seen: Seen) -> None:
        """Works everything out from the store; events that come meanwhile are taken in on top."""
        asked, self._anew = self._anew, False
        try:
            number = newest_event(self.store)
            made = make_standing(self.store.history(self.workspace.settings), self.registry, self.settings)
            if self.settings.warm:
                _ = made.shelf, made.past  # Nobody who asks first waits for these.
        except BaseException:
            self._anew = asked
            raise
        with self._lock:
            self._number, self._unsettled, self._made = number, False, time.monotonic()
            self._put(made, seen)
            if self._standing is not None and number < newest_event(self.store):
                self._take_rows(self._standing)
        self._tell()

    def _restate(self, seen: Seen) -> None:
        """Takes in what was stated and written down since: of the deals nothing is worked out again."""
        said = {name: self.store.read(name) for name in STATED}
        with self._lock:
            assert self._standing is not None
            self._put(restated(self._standing, said), seen)

    def _put(self, made: Standing, seen: Seen) -> None:
        """Serves it, and works out ahead what pages ask first."""
        self._standing = succeeding(made, self._standing) if self.settings.warm else made
        self._seen = seen
        if self.settings.warm and self._warmer is None:
            self._warmer = threading.Thread(target=self._keep_warm, name=WARMER, daemon=True)
            self._warmer.start()

    def _keep_warm(self) -> None:
        """Works out ahead what pages ask first; where another standing takes the place of one, it goes on with that."""
        place = 0
        while True:
            standing = self._standing
            assert standing is not None
            place = warm(standing, self._is_over, place)
            self._speak(standing)
            with self._lock:
                if self._stopped.is_set() or not self._is_over(standing):
                    self._warmer = None
                    return

    def _speak(self, standing: Standing) -> None:
        """Writes down what the model expects of the periods that run; not where somebody looks at another day.

        What is served does not change by it: what is said today is held against what a period comes to, later.
        """
        about = (standing.as_of, standing.model.version)
        if self.settings.as_of is not None or about == self._spoken or self._is_over(standing):
            return
        try:
            write_down(
                self.store, standing.history, standing.model, standing.as_of, utc_now(),
                running_periods(standing.history, standing.as_of), partial(forecast_tables, standing),
            )  # fmt: skip
            self._spoken = about
        except Exception:
            LOG.exception("what the model says could not be written down")

    def _is_over(self, standing: Standing) -> bool:
        """Whether nobody will ask this standing any more."""
        current = self._standing
        return self._stopped.is_set() or current is None or current.lasting is not standing.lasting

    def _tell(self) -> None:
        if self._told is not None and self._standing is not None:
            self._told(self._standing.scored.frame.height, self._standing.model.version, time.time())

    def _fingerprint(self) -> Seen:
        today = self.workspace.settings.day_of(utc_now())
        last_import, *stated = store_mark(self.store)
        return Seen((last_import, self.registry.versions(), self.workspace.settings, today), tuple(stated))

    def close(self) -> None:
        """Stops looking for changes and gives back the connections."""
        self._stopped.set()
        if self._follower is not None:
            self._follower.join(FOLLOWER_SECONDS)
        self.store.close()


def store_mark(store: Store) -> tuple[int | None, ...]:
    """Changes when an import, a statement or scores have been added to the store."""
    counts = ", ".join(f"(SELECT count(*) FROM {table})" for table in STATED)
    query = f"SELECT (SELECT max(import_id) FROM imports), {counts}"
    with store.reading() as connection:
        return tuple(connection.execute(sa.text(query)).one())


def has_events(store: Store) -> bool:
    """Whether there is a table of events: a store that nothing served yet has none."""
    return sa.inspect(store.engine).has_table(EVENTS.name)


def newest_event(store: Store) -> int:
    """The number of the newest event; 0 where none came."""
    if not has_events(store):
        return 0
    with store.reading() as connection:
        return last_number(connection)


def make_standing(history: History, registry: Registry, settings: ServingSettings) -> Standing:
    """Chooses the model of the day that is served and scores every open deal."""
    as_of = serving_instant(history, settings.as_of, utc_now())
    horizon = bounds(quarter_of(history.settings.day_of(as_of), history.settings), history.settings)[1]
    model = choose_model(registry, as_of, history=history)
    prepared = prepare(history)
    scored = score_fully(history, model, as_of, horizon, prepared=prepared)
    return Standing(history, prepared, registry, model, as_of, horizon, scored)


def standing_of(request: Request) -> Standing:
    """The standing that this request is answered from."""
    live: Live = request.app.state.live
    return live.standing()
