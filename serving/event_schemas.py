"""What a CRM's webhook sends, and what became of each event."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from serving.fields import Answer, Instant, Question, canonical, described, measured
from serving.schemas import ActivityIn, ChangeIn, ContactIn

MOST_EVENTS = 1_000
Identity = Annotated[str, Field(min_length=1, max_length=200)]
EVENT_ID = "the event's own id in the CRM; the same id again changes nothing"


class DealEvent(Question):
    """A deal was created. Its fields come as `change` events, the first value of each with an empty old_value."""

    type: Literal["deal"] = described("`deal`")
    event_id: Identity = described(EVENT_ID)
    deal_id: Identity = canonical("deals", "deal_id")
    created_at: Instant = canonical("deals", "created_at")
    name: str | None = canonical("deals", "name", None)
    currency: str | None = canonical("deals", "currency", None, max_length=3)
    source: str | None = canonical("deals", "source", None)
    account_id: str | None = canonical("deals", "account_id", None)
    recorded_at: Instant | None = canonical("deals", "recorded_at", None)


class ChangeEvent(ChangeIn):
    """A field of a deal changed."""

    type: Literal["change"] = described("`change`")
    event_id: Identity = described(EVENT_ID)
    deal_id: Identity = canonical("deal_changes", "deal_id")


class ActivityEvent(ActivityIn):
    """A touch took place, is planned, or is told anew: of several of one activity_id the one recorded last counts."""

    type: Literal["activity"] = described("`activity`")
    event_id: Identity = described(EVENT_ID)
    deal_id: str | None = canonical("activities", "deal_id", None, max_length=200)


class ContactEvent(ContactIn):
    """A person was added to a deal, or plays another part."""

    type: Literal["contact"] = described("`contact`")
    event_id: Identity = described(EVENT_ID)
    deal_id: Identity = canonical("contacts", "deal_id")


Event = Annotated[DealEvent | ChangeEvent | ActivityEvent | ContactEvent, Field(discriminator="type")]


class EventsIn(Question):
    """What happened, in any order; a deal may come with what happened to it."""

    events: list[Event] = described("the events", min_length=1, max_length=MOST_EVENTS)


class EventOutcome(Answer):
    """What became of one event."""

    index: int = measured("its place in `events`, from 0", "number")
    event_id: str = described("its id")
    outcome: Literal["taken", "repeated", "refused"] = described(
        "taken: kept for good; repeated: it was there already; refused: not kept, see detail"
    )
    detail: str | None = described("of a refused event: what was given, what was expected and what to do")


class EventsAnswer(Answer):
    """What became of the events. Whatever is taken or repeated here is on disk and will not be lost."""

    taken: int = measured("events that were kept", "events")
    repeated: int = measured("events that were there already", "events")
    refused: int = measured("events that were not kept", "events")
    outcomes: list[EventOutcome] = described("one per event, in the order sent")
