"""POST /v1/events: what a CRM's webhook sends. Kept before it is acknowledged; its deals are then scored anew."""

from __future__ import annotations

from fastapi import APIRouter, BackgroundTasks, Request

from serving.access import Feeder
from serving.event_schemas import EventOutcome, EventsAnswer, EventsIn
from serving.intake import Batch, take
from serving.live import Live
from serving.tokens import utc_now

router = APIRouter(prefix="/v1")


@router.post("/events")
def post_events(request: Request, _: Feeder, body: EventsIn, after: BackgroundTasks) -> EventsAnswer:
    """Takes in changes, activities, contacts and new deals, each event once, whatever came of the others.

    Each event is kept, repeated or refused by itself; the answer names what became of each. A body that is not of
    the form described is refused as a whole with 422, naming the event by its index, and nothing of it is kept.
    Within a second of the answer `GET /v1/deals/{deal_id}` gives the new score; sums such as the forecast follow when
    the service next works out everything anew. Rows may be late (they are known from when they were recorded, so
    that what was said of earlier days stays) and may lie ahead, as planned meetings do: they count once they happened.
    """
    live: Live = request.app.state.live
    batch = take(live.store, live.workspace.settings, body.events, utc_now())
    if len(batch.refused) < len(body.events):
        after.add_task(live.take_in)
    return _answer(batch)


def _answer(batch: Batch) -> EventsAnswer:
    fates = [batch.fate(at) for at in range(len(batch.ids))]
    outcomes = [
        EventOutcome(index=at, event_id=batch.ids[at], outcome=fate, detail=batch.refused.get(at))
        for at, fate in enumerate(fates)
    ]
    counts = {fate: fates.count(fate) for fate in ("taken", "repeated", "refused")}
    return EventsAnswer(**counts, outcomes=outcomes)
