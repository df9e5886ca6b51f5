"""Money: exchange rates, invoices, contracts and the cost of winning customers."""

from __future__ import annotations

from history.schema import RECORDED_AT, Column, Table

fx_rates = Table(
    "fx_rates",
    mode="event",
    key=("currency", "rate_date", "rate"),
    happened="rate_date",
    en="one row per currency and day",
    zh="每个币种每日一行",
    columns=(
        Column("currency", "text", "ISO 4217 code", en="the currency", zh="币种", required=True),
        Column("rate_date", "instant", "UTC instant", en="from when the rate holds", zh="汇率日期", required=True),
        Column(
            "rate",
            "number",
            "workspace currency per unit",
            en="what one unit is worth",
            zh="折合本位币汇率",
            required=True,
            at_least=0,
        ),
        RECORDED_AT,
    ),
)

invoices = Table(
    "invoices",
    mode="version",
    key=("invoice_id",),
    happened="issued_at",
    en="one row per invoice",
    zh="每张发票一行",
    columns=(
        Column("invoice_id", "text", "id", en="the invoice", zh="发票编号", required=True),
        Column("deal_id", "text", "id", en="the opportunity", zh="商机编号", required=True),
        Column("issued_at", "instant", "UTC instant", en="when it was issued", zh="开票时间", required=True),
        Column("due_at", "instant", "UTC instant", en="when it is due", zh="应收时间"),
        Column("amount", "money", "deal currency", en="amount billed", zh="开票金额", required=True, at_least=0),
        Column("cost", "money", "deal currency", en="cost of what was billed", zh="成本", at_least=0),
        Column("paid_at", "instant", "UTC instant", en="when it was paid", zh="回款时间", revealed_by="paid_at"),
        Column(
            "paid_amount",
            "money",
            "deal currency",
            en="amount collected",
            zh="回款金额",
            at_least=0,
            revealed_by="paid_at",
        ),
        RECORDED_AT,
    ),
)

contracts = Table(
    "contracts",
    mode="version",
    key=("contract_id",),
    happened="promised_at",
    en="one row per contract",
    zh="每份合同一行",
    columns=(
        Column("contract_id", "text", "id", en="the contract", zh="合同编号", required=True),
        Column("deal_id", "text", "id", en="the opportunity", zh="商机编号", required=True),
        Column("promised_at", "instant", "UTC instant", en="promised delivery", zh="承诺交付时间", required=True),
        Column(
            "delivered_at",
            "instant",
            "UTC instant",
            en="actual delivery",
            zh="实际交付时间",
            revealed_by="delivered_at",
        ),
        Column(
            "compliant", "boolean", "yes or no", en="was made by the rules", zh="是否合规", revealed_by="delivered_at"
        ),
        RECORDED_AT,
    ),
)

costs = Table(
    "costs",
    mode="event",
    key=("rep_id", "channel", "period", "amount"),
    happened=None,
    en="one row per cost of winning customers",
    zh="每笔获客成本一行",
    columns=(
        Column("rep_id", "text", "id", en="whose cost", zh="销售人员编号"),
        Column("channel", "text", "category", en="which channel", zh="渠道"),
        Column("period", "text", "period", en="2026Q4, 2026-11, 2026H2, 2026", zh="期间", required=True),
        Column("amount", "money", "workspace currency", en="the cost", zh="金额", required=True, at_least=0),
        RECORDED_AT,
    ),
)
