"""What people learn, share, do for each other and agree on: trainings, contributions, support tasks and plans."""

from __future__ import annotations

from history.schema import RECORDED_AT, Column, Table

trainings = Table(
    "trainings",
    mode="version",
    key=("training_id",),
    happened="taken_at",
    en="one row per person and training taken",
    zh="每人每次培训一行",
    columns=(
        Column("training_id", "text", "id", en="the training taken", zh="培训记录编号", required=True),
        Column("rep_id", "text", "id", en="who took it", zh="销售人员编号", required=True),
        Column("course", "text", "category", en="which course", zh="课程"),
        Column("taken_at", "instant", "UTC instant", en="when it ended", zh="培训结束时间", required=True),
        Column("hours", "number", "hours", en="how long it took", zh="学时", at_least=0),
        Column("passed", "boolean", "yes or no", en="its test was passed; empty without a test", zh="是否通过考核"),
        RECORDED_AT,
    ),
)

contributions = Table(
    "contributions",
    mode="version",
    key=("contribution_id",),
    happened="happened_at",
    en="one row per item of knowledge shared, and one per use of it by a colleague",
    zh="每次分享知识一行，被同事使用一次也各一行",
    columns=(
        Column("contribution_id", "text", "id", en="the act", zh="记录编号", required=True),
        Column("rep_id", "text", "id", en="who shared the item", zh="分享人编号", required=True),
        Column("item_id", "text", "id", en="the item", zh="知识条目编号"),
        Column(
            "kind",
            "text",
            "category",
            en="shared or used",
            zh="类型：分享或使用",
            required=True,
            choices=("shared", "used"),
        ),
        Column("happened_at", "instant", "UTC instant", en="when", zh="发生时间", required=True),
        RECORDED_AT,
    ),
)

support_tasks = Table(
    "support_tasks",
    mode="version",
    key=("task_id",),
    happened="asked_at",
    en="one row per request for help between colleagues",
    zh="每次跨部门支持请求一行",
    columns=(
        Column("task_id", "text", "id", en="the request", zh="任务编号", required=True),
        Column("rep_id", "text", "id", en="who is to help", zh="支持人编号", required=True),
        Column("asked_by", "text", "id", en="who asked", zh="请求人"),
        Column("asked_at", "instant", "UTC instant", en="when help was asked for", zh="请求时间", required=True),
        Column("due_at", "instant", "UTC instant", en="by when it is wanted", zh="要求完成时间", required=True),
        Column("done_at", "instant", "UTC instant", en="when it was done", zh="完成时间", revealed_by="done_at"),
        RECORDED_AT,
    ),
)

coaching_plans = Table(
    "coaching_plans",
    mode="event",
    key=("rep_id", "indicator", "period", "written_at", "written_by", "goal"),
    happened="written_at",
    en="one row per goal agreed with a person; append-only",
    zh="与人员约定的每个目标一行，只追加",
    columns=(
        Column("rep_id", "text", "id", en="whose goal it is", zh="销售人员编号", required=True),
        Column("indicator", "text", "category", en="the indicator it is measured by", zh="衡量指标", required=True),
        Column("goal", "number", "the indicator's unit", en="what is to be reached", zh="目标值", required=True),
        Column("period", "text", "period", en="by the end of which period", zh="达成期间", required=True),
        Column("written_at", "instant", "UTC instant", en="when it was agreed", zh="约定时间", required=True),
        Column("written_by", "text", "id", en="who wrote it down", zh="记录人"),
        Column("note", "text", "text", en="what is to be done for it", zh="行动说明"),
        RECORDED_AT,
    ),
)
