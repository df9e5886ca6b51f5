"""Customers and the people who sell to them, with what is said of both."""

from __future__ import annotations

from history.schema import RECORDED_AT, Column, Table

accounts = Table(
    "accounts",
    mode="version",
    key=("account_id",),
    happened="created_at",
    en="one row per customer",
    zh="每个客户一行",
    columns=(
        Column("account_id", "text", "id", en="the customer", zh="客户编号", required=True),
        Column("name", "text", "text", en="its name", zh="客户名称"),
        Column("industry", "text", "category", en="its industry", zh="行业"),
        Column("employees", "integer", "people", en="how many work there", zh="员工人数", at_least=0),
        Column(
            "annual_revenue", "money", "workspace currency a year", en="its yearly revenue", zh="年营收", at_least=0
        ),
        Column("region", "text", "category", en="where it is", zh="区域"),
        Column(
            "fit_grade", "text", "category", en="how well it fits the ideal profile, A best", zh="客户画像等级，A 最佳"
        ),
        Column("created_at", "instant", "UTC instant", en="when it was first known", zh="建档时间"),
        RECORDED_AT,
    ),
)

reps = Table(
    "reps",
    mode="version",
    key=("rep_id", "valid_from"),
    happened="valid_from",
    en="one row per person and period of validity",
    zh="每位销售人员每个有效期一行",
    columns=(
        Column("rep_id", "text", "id", en="the person", zh="销售人员编号", required=True),
        Column("name", "text", "text", en="the person's name", zh="姓名"),
        Column("team", "text", "category", en="team from valid_from on", zh="团队"),
        Column("manager_id", "text", "id", en="whom the person reports to", zh="上级编号"),
        Column("region", "text", "category", en="territory", zh="区域"),
        Column(
            "role",
            "text",
            "category",
            en="new_business, key_account, e_commerce, manager or the source's own word",
            zh="岗位",
        ),
        Column("hired_at", "instant", "UTC instant", en="first day", zh="入职时间"),
        Column("left_at", "instant", "UTC instant", en="day of leaving", zh="离职时间", revealed_by="left_at"),
        Column("valid_from", "instant", "UTC instant", en="from when this row holds", zh="生效时间"),
        RECORDED_AT,
    ),
)

surveys = Table(
    "surveys",
    mode="version",
    key=("survey_id",),
    happened="happened_at",
    en="one row per survey answer",
    zh="每份调查答卷一行",
    columns=(
        Column("survey_id", "text", "id", en="the answer", zh="答卷编号", required=True),
        Column(
            "kind",
            "text",
            "category",
            en="nps, csat or internal",
            zh="类型",
            required=True,
            choices=("nps", "csat", "internal"),
        ),
        Column("score", "number", "points", en="the score given", zh="得分", required=True),
        Column("happened_at", "instant", "UTC instant", en="when it was given", zh="答卷时间", required=True),
        Column("account_id", "text", "id", en="the customer", zh="客户编号"),
        Column("rep_id", "text", "id", en="whom it is about", zh="销售人员编号"),
        RECORDED_AT,
    ),
)

complaints = Table(
    "complaints",
    mode="version",
    key=("complaint_id",),
    happened="opened_at",
    en="one row per complaint",
    zh="每次投诉一行",
    columns=(
        Column("complaint_id", "text", "id", en="the complaint", zh="投诉编号", required=True),
        Column("account_id", "text", "id", en="the customer", zh="客户编号"),
        Column("rep_id", "text", "id", en="whose customer it is", zh="销售人员编号"),
        Column("opened_at", "instant", "UTC instant", en="when it came in", zh="投诉时间", required=True),
        Column(
            "resolved_at", "instant", "UTC instant", en="when it was solved", zh="解决时间", revealed_by="resolved_at"
        ),
        RECORDED_AT,
    ),
)

assessments = Table(
    "assessments",
    mode="event",
    key=("rep_id", "dimension", "assessed_at", "assessor"),
    happened="assessed_at",
    en="one row per assessment of a skill",
    zh="每次能力评估一行",
    columns=(
        Column("rep_id", "text", "id", en="the person", zh="销售人员编号", required=True),
        Column("dimension", "text", "category", en="which skill", zh="评估维度", required=True),
        Column("score", "number", "points", en="the score", zh="得分", required=True),
        Column("assessed_at", "instant", "UTC instant", en="when", zh="评估时间", required=True),
        Column("assessor", "text", "id", en="by whom", zh="评估人"),
        RECORDED_AT,
    ),
)
