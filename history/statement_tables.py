"""What was said about periods and deals: targets, forecasts, and the scores of models."""

from __future__ import annotations

from history.schema import RECORDED_AT, Column, Table
from history.settings import LEVELS_ALREADY

SCOPE_SPOKEN_OF = (
    Column(
        "scope_kind",
        "text",
        "category",
        en="what the statement is about",
        zh="预测对象类型",
        required=True,
        choices=LEVELS_ALREADY,
    ),
    Column("scope_id", "text", "id", en="which one", zh="预测对象", required=True),
)
PERIOD = Column("period", "text", "period", en="2026Q4, 2026-11, 2026H2, 2026", zh="期间", required=True)
MEASURE = Column(
    "measure", "text", "category", en="amount or count", zh="口径", required=True, choices=("amount", "count")
)
"""What people and the model say is about these alike."""

quotas = Table(
    "quotas",
    mode="event",
    key=("scope_kind", "scope_id", "period", "measure", "set_at", "target"),
    happened="set_at",
    en="one row per target set",
    zh="每次设定的目标一行",
    columns=(
        Column(
            "scope_kind",
            "text",
            "category",
            en="what the target is for",
            zh="目标对象类型",
            required=True,
            choices=LEVELS_ALREADY,
        ),
        Column("scope_id", "text", "id", en="which one; `company` for the company", zh="目标对象", required=True),
        PERIOD,
        Column(
            "measure",
            "text",
            "category",
            en="amount or count",
            zh="口径：金额或数量",
            required=True,
            choices=("amount", "count"),
        ),
        Column(
            "target", "number", "workspace currency or deals", en="the target", zh="目标值", required=True, at_least=0
        ),
        Column(
            "set_at",
            "instant",
            "UTC instant",
            en="when it was set; the latest before the as-of date holds",
            zh="设定时间",
            required=True,
        ),
        RECORDED_AT,
    ),
)

forecast_calls = Table(
    "forecast_calls",
    mode="event",
    key=(
        "scope_kind",
        "scope_id",
        "period",
        "called_at",
        "forecaster_kind",
        "forecaster_id",
        "category",
        "measure",
        "value",
    ),
    happened="called_at",
    en="one row per statement about a period",
    zh="对某期间的每次预测表态一行",
    columns=(
        *SCOPE_SPOKEN_OF,
        PERIOD,
        Column("called_at", "instant", "UTC instant", en="when it was said", zh="表态时间", required=True),
        Column(
            "forecaster_kind",
            "text",
            "category",
            en="who said it",
            zh="预测者类型",
            required=True,
            choices=("rep", "manager", "model", "rule"),
        ),
        Column("forecaster_id", "text", "id", en="which one", zh="预测者", required=True),
        Column(
            "category",
            "text",
            "category",
            en="commit, most_likely or best_case",
            zh="承诺、最可能或最好情形",
            required=True,
            choices=("commit", "most_likely", "best_case"),
        ),
        MEASURE,
        Column("value", "number", "workspace currency or deals", en="what was said", zh="预测值", required=True),
        Column("note", "text", "text", en="why", zh="备注"),
        RECORDED_AT,
    ),
)

model_calls = Table(
    "model_calls",
    mode="event",
    key=("scope_kind", "scope_id", "period", "measure", "as_of", "model_version"),
    happened="said_at",
    en="one row per statement of the model about a period, written down as it was made; append-only",
    zh="模型对某期间的每次预测一行，作出时即写下，只追加",
    columns=(
        *SCOPE_SPOKEN_OF,
        PERIOD,
        MEASURE,
        Column(
            "as_of",
            "instant",
            "UTC instant",
            en="the moment that the statement is of: what was recorded before it could count, as far as it was there "
            "when it was said (said_at)",
            zh="预测截至时间（在此之前且在记下时已入库的记录方可计入）",
            required=True,
        ),
        Column("model_version", "text", "id", en="which model said it", zh="模型版本", required=True),
        Column(
            "value",
            "number",
            "workspace currency or deals",
            en="what the model expected the period to come to",
            zh="模型预计的期间结果",
            required=True,
            at_least=0,
        ),
        Column(
            "said_at",
            "instant",
            "UTC instant",
            en="when it was said, by the clock; it counts as said from then on, whatever day it is about",
            zh="实际作出预测的时间，自此时起才算作出",
            required=True,
        ),
        RECORDED_AT,
    ),
)

scores = Table(
    "scores",
    mode="event",
    key=("deal_id", "as_of", "model_version", "horizon"),
    happened="as_of",
    en="one row per deal and scoring; append-only",
    zh="每个商机每次评分一行，只追加",
    columns=(
        Column("deal_id", "text", "id", en="the opportunity", zh="商机编号", required=True),
        Column(
            "as_of",
            "instant",
            "UTC instant",
            en="the moment up to which history was known",
            zh="评分截至时间",
            required=True,
        ),
        Column("stage", "text", "category", en="stage at that moment", zh="阶段"),
        Column("owner_id", "text", "id", en="owner at that moment", zh="负责人"),
        Column("amount", "money", "deal currency", en="amount at that moment", zh="金额"),
        Column(
            "win_probability",
            "number",
            "probability",
            en="chance to be won at all, within the model's long horizon",
            zh="赢单概率",
            required=True,
            at_least=0,
            at_most=1,
        ),
        Column(
            "horizon",
            "instant",
            "UTC instant",
            en="the end of the asked horizon, exclusive",
            zh="预测期末（不含）",
            required=True,
        ),
        Column(
            "win_by_horizon",
            "number",
            "probability",
            en="chance to be won before the horizon",
            zh="期末前赢单概率",
            required=True,
            at_least=0,
            at_most=1,
        ),
        Column(
            "lose_by_horizon",
            "number",
            "probability",
            en="chance to be lost before the horizon",
            zh="期末前输单概率",
            required=True,
            at_least=0,
            at_most=1,
        ),
        Column(
            "open_at_horizon",
            "number",
            "probability",
            en="chance to be open at the horizon",
            zh="期末仍未关闭概率",
            required=True,
            at_least=0,
            at_most=1,
        ),
        Column(
            "health",
            "number",
            "0 to 100",
            en="where the win probability stands among past deals at the same stage and a similar age; 50 is typical",
            zh="健康度，50 为同阶段同账龄的典型水平",
            required=True,
            at_least=0,
            at_most=100,
        ),
        Column("band", "text", "category", en="healthy, watch, at_risk or critical", zh="健康分档", required=True),
        Column("flags", "text", "codes separated by spaces", en="risk flags raised", zh="风险信号代码"),
        Column(
            "reason_1", "text", "code and points", en="reason 1: code and percentage points", zh="原因 1：代码与百分点"
        ),
        Column(
            "reason_2", "text", "code and points", en="reason 2: code and percentage points", zh="原因 2：代码与百分点"
        ),
        Column(
            "reason_3", "text", "code and points", en="reason 3: code and percentage points", zh="原因 3：代码与百分点"
        ),
        Column(
            "reason_4", "text", "code and points", en="reason 4: code and percentage points", zh="原因 4：代码与百分点"
        ),
        Column(
            "reason_5", "text", "code and points", en="reason 5: code and percentage points", zh="原因 5：代码与百分点"
        ),
        Column(
            "problems", "text", "codes separated by spaces", en="what is wrong with the deal's data", zh="数据问题代码"
        ),
        Column(
            "in_sample", "boolean", "yes or no", en="scored by a version trained after the as-of date", zh="是否样本内"
        ),
        Column("model_version", "text", "id", en="which model said it", zh="模型版本", required=True),
        RECORDED_AT,
    ),
)
