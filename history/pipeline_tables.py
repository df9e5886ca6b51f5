"""What happened to opportunities: the deals, their changes, the touches, the people, the leads."""

from __future__ import annotations

from history.schema import RECORDED_AT, Column, Table

deals = Table(
    "deals",
    mode="fact",
    key=("deal_id",),
    happened="created_at",
    en="one row per opportunity; immutable facts only",
    zh="每个商机一行；只含不变的事实",
    columns=(
        Column("deal_id", "text", "id", en="the opportunity", zh="商机编号", required=True),
        Column(
            "created_at",
            "instant",
            "UTC instant",
            en="when the opportunity was created",
            zh="商机创建时间",
            required=True,
        ),
        RECORDED_AT,
        Column("name", "text", "text", en="what people call it", zh="商机名称"),
        Column("currency", "text", "ISO 4217 code", en="currency of its amounts", zh="币种"),
        Column("source", "text", "category", en="where it came from", zh="来源"),
        Column(
            "account_id",
            "text",
            "id",
            en="the customer, where the source never changes it",
            zh="客户编号（来源系统从不改动时）",
        ),
    ),
)

deal_changes = Table(
    "deal_changes",
    mode="event",
    key=("deal_id", "changed_at", "field", "old_value", "new_value", "recorded_at", "changed_by"),
    happened="changed_at",
    en="one row per change of one field of a deal; the first value has no old value",
    zh="商机单个字段的每次变更一行；首个值没有旧值",
    columns=(
        Column("deal_id", "text", "id", en="the opportunity", zh="商机编号", required=True),
        Column(
            "changed_at", "instant", "UTC instant", en="when the change took effect", zh="变更生效时间", required=True
        ),
        Column("field", "text", "category", en="which field changed", zh="变更字段", required=True),
        Column(
            "old_value", "text", "as the field", en="the value before; empty for the first", zh="变更前的值，首次为空"
        ),
        Column(
            "new_value", "text", "as the field", en="the value after; empty when cleared", zh="变更后的值，清空时为空"
        ),
        RECORDED_AT,
        Column("changed_by", "text", "id", en="who made the change", zh="变更人"),
    ),
)

activities = Table(
    "activities",
    mode="version",
    key=("activity_id",),
    happened="happened_at",
    en="one row per touch",
    zh="每次互动一行",
    columns=(
        Column("activity_id", "text", "id", en="the touch", zh="互动编号", required=True),
        Column("happened_at", "instant", "UTC instant", en="when it took place", zh="发生时间", required=True),
        Column(
            "kind",
            "text",
            "category",
            en="what sort of touch",
            zh="互动类型",
            required=True,
            choices=("call", "email", "meeting", "visit", "demo", "message", "review", "task"),
        ),
        Column("deal_id", "text", "id", en="the opportunity", zh="商机编号"),
        Column("account_id", "text", "id", en="the customer", zh="客户编号"),
        Column("rep_id", "text", "id", en="who made it", zh="销售人员编号"),
        Column("contact_id", "text", "id", en="the person on the buyer's side", zh="联系人编号"),
        Column(
            "direction",
            "text",
            "category",
            en="in: from the buyer; out: to the buyer",
            zh="方向：in 来自客户，out 发给客户",
            choices=("in", "out"),
        ),
        Column("duration_minutes", "number", "minutes", en="how long it took", zh="时长", at_least=0),
        Column("opened", "boolean", "yes or no", en="the email was opened", zh="邮件是否打开"),
        Column("replied", "boolean", "yes or no", en="the buyer replied", zh="对方是否回复"),
        Column("effective", "boolean", "yes or no", en="marked as effective by the rule in use", zh="是否有效"),
        Column("channel", "text", "category", en="online or on site", zh="线上或现场", choices=("online", "onsite")),
        Column("subject", "text", "text", en="what it was about", zh="主题"),
        RECORDED_AT,
    ),
)

contacts = Table(
    "contacts",
    mode="version",
    key=("deal_id", "contact_id"),
    happened="added_at",
    en="one row per person on a deal",
    zh="商机上的每位联系人一行",
    columns=(
        Column("deal_id", "text", "id", en="the opportunity", zh="商机编号", required=True),
        Column("contact_id", "text", "id", en="the person", zh="联系人编号", required=True),
        Column(
            "role",
            "text",
            "category",
            en="part played in the decision: decision_maker, champion, influencer, user, blocker or other",
            zh="决策角色",
        ),
        Column("added_at", "instant", "UTC instant", en="when the person was added", zh="添加时间", required=True),
        RECORDED_AT,
    ),
)

leads = Table(
    "leads",
    mode="version",
    key=("lead_id",),
    happened="created_at",
    en="one row per lead",
    zh="每条线索一行",
    columns=(
        Column("lead_id", "text", "id", en="the lead", zh="线索编号", required=True),
        Column("created_at", "instant", "UTC instant", en="when it came in", zh="创建时间", required=True),
        Column("source", "text", "category", en="where it came from", zh="来源"),
        Column("rep_id", "text", "id", en="who handles it", zh="销售人员编号"),
        Column(
            "first_response_at",
            "instant",
            "UTC instant",
            en="first answer to it",
            zh="首次响应时间",
            revealed_by="first_response_at",
        ),
        Column(
            "qualified_at",
            "instant",
            "UTC instant",
            en="when it became a deal",
            zh="转商机时间",
            revealed_by="qualified_at",
        ),
        Column("deal_id", "text", "id", en="the deal it became", zh="转成的商机", revealed_by="qualified_at"),
        RECORDED_AT,
    ),
)
