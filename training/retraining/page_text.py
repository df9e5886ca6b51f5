"""The text of the report page of a retraining, a Jinja template: see `training.retraining.page`."""

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Retraining {{ name }} · 再训练</title>
<style>body{font:15px/1.5 system-ui,sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem;color:#1c2733}
table{border-collapse:collapse;margin:1rem 0}td,th{padding:.3rem .7rem;border-bottom:1px solid #d9e0e6;text-align:right}
td:first-child,th:first-child,.text td,.text th{text-align:left;vertical-align:top}img{max-width:100%}
caption{text-align:left;font-weight:600}.found{color:#a61b1b;font-weight:600}.bar{background:#0b6e4f;height:.7rem}
small{color:#5a6b7b}</style>
</head><body>
<h1>Retraining {{ name }} · 再训练</h1>
<p><strong>{{ "Promoted · 已上线" if decision.promoted else "Not promoted · 未上线" }}</strong>
({{ decision.by }}): {{ decision.why }}. Trained as of {{ day }} · 训练截至 {{ day }}.</p>

<h2>Data · 数据</h2>
<p>Frozen history · 冻结历史 <code>{{ frozen.content_hash }}</code></p>
<table><tr><th>table · 表</th><th>rows · 行</th></tr>
{% for table, rows in frozen.rows.items() %}<tr><td>{{ table }}</td>
<td>{{ "{:,}".format(rows) }}</td></tr>{% endfor %}</table>
{% if surprises is none %}<p>No earlier freeze to compare with. 没有更早的冻结可比对。</p>
{% elif not surprises %}<p>As the last freeze led to expect. 与上次冻结的预期一致。</p>
{% else %}<ul>{% for one in surprises %}<li>{{ one.en }} · {{ one.zh }}</li>{% endfor %}</ul>{% endif %}
{% if drift %}<p>What changed in features · 特征的变化</p>
<ul>{% for one in drift %}<li>{{ one.en }} · {{ one.zh }}
<small>PSI {{ figure(one.psi) }}, noise · 噪声 {{ figure(one.noise) }},
n {{ one.n_before }} → {{ one.n_now }}</small></li>{% endfor %}</ul>{% endif %}

<h2>Gate · 上线检验</h2>
<table class="text"><tr><th>check · 检查</th><th>about · 内容</th><th>outcome · 结果</th><th>says · 说明</th></tr>
{% for one in gate %}<tr><td>{{ one.code }}</td>
<td>{{ one.title }} · {{ one.title_zh }}<br><small>{{ one.check.threshold }} · {{ one.check.threshold_zh }}</small></td>
<td class="{{ one.outcome }}">{{ one.outcome.replace("_", " ") }} · {{ one.said }}</td>
<td>{{ one.sentence }}<br>{{ one.sentence_zh }}</td></tr>{% endfor %}</table>

<h2>Replay · 回放</h2>
{% if summary is none %}<p>The history is too short to replay. 历史太短，无法回放。</p>{% else %}
<p>{{ summary.question }}: {{ "{:,}".format(summary.n) }} rows of {{ "{:,}".format(summary.deals) }} deals,
{{ summary.first }} – {{ summary.last }}, {{ "%.1f" % (100 * summary.share_won) }}% won.
Every model was trained only on what was known at its cut. 每个模型只用截止日当时已知的数据训练。</p>
<table><caption>Accuracy, 90 % intervals from resampling deals · 准确度，按商机重抽样的 90 % 区间</caption>
<tr><th>forecast · 预测</th><th>AUC</th><th>log loss</th><th>Brier</th></tr>
{% for key, row in summary.forecasts.items() %}<tr><td>{{ names.get(key, key) }}</td>
{% for what in ("auc", "log_loss", "brier") %}<td>{{ figure(row[what].value) }}
<small>{{ figure(row[what].low) }}–{{ figure(row[what].high) }}</small></td>{% endfor %}</tr>{% endfor %}</table>
<p>Calibration slope · 校准斜率 {{ figure(summary.calibration_slope) }}, intercept · 截距
{{ figure(summary.calibration_intercept) }}.</p>
<p><img alt="calibration · 校准" src="data:image/png;base64,{{ plot }}"></p>{% endif %}

<h2>Challenger against champion · 候选与现役</h2>
{% if champion is none %}<p>No champion to compare with on days it had not learned from.
没有可比较的现役模型。</p>{% else %}
<p>The same {{ "{:,}".format(champion.rows) }} rows, seen by neither before.
同样的 {{ "{:,}".format(champion.rows) }} 行，双方均未学过。</p>
<table><tr><th></th><th>AUC</th><th>log loss</th><th>Brier</th></tr>
{% for key, metric in champion.metrics.items() %}<tr>
<td>{{ "challenger · 候选" if key == "model" else "champion · 现役 " ~ champion.version }}</td>
{% for score in (metric.auc, metric.log_loss, metric.brier) %}<td>{{ figure(score.value) }}
<small>{{ figure(score.low) }}–{{ figure(score.high) }}</small></td>{% endfor %}</tr>{% endfor %}</table>
<p>Log loss smaller by · 对数损失小 {{ champion.gain }}</p>
{% if champion.groups %}<table><caption>By group; above 0 the challenger is better · 分组，大于 0 为候选更好</caption>
<tr><th>group · 分组</th><th>n</th><th>gain · 改善</th></tr>
{% for one in champion.groups %}<tr><td>{{ one.kind }} · {{ one.zh }} {{ one.name }}</td>
<td>{{ "{:,}".format(one.n) }}</td>
<td>{{ one.gain }}</td></tr>{% endfor %}</table>{% endif %}{% endif %}

<h2>What reasons rest on · 原因构成</h2>
<p>Share of all SHAP points of the deals open on the day. 当日在途商机 SHAP 贡献的占比。</p>
<table class="text">{% for key, share in importance %}<tr><td>{{ key }}</td><td>{{ "%.0f" % (100 * share) }}%</td>
<td style="width:20rem"><div class="bar" style="width:{{ "%.0f" % (100 * share) }}%"></div></td></tr>
{% endfor %}</table>

<h2>Deals whose chance moved most · 概率变动最大的商机</h2>
{% if not moved %}<p>No champion to compare with. 没有可比较的现役模型。</p>{% else %}
<p>Same facts, another model: won within 90 days. 事实相同，仅模型不同：90 天内赢单。</p>
<table class="text"><tr><th>deal · 商机</th><th>stage · 阶段</th><th>before · 之前</th><th>after · 之后</th>
<th>reasons before · 之前的原因</th><th>reasons after · 之后的原因</th></tr>
{% for one in moved %}<tr><td>{{ one.deal_id }}</td><td>{{ one.stage or "–" }}</td>
<td>{{ "%.0f" % (100 * one.before) }}%</td><td>{{ "%.0f" % (100 * one.after) }}%</td>
<td>{{ one.reasons_before }}</td><td>{{ one.reasons_after }}</td></tr>{% endfor %}</table>{% endif %}

<h2>Forecasts replayed · 预测回放</h2>
{% if not forecasts %}<p>None. 无。</p>{% else %}
<table><tr><th>period · 期间</th><th>on · 日期</th><th>scope · 范围</th><th>p10</th><th>p50</th><th>p90</th>
<th>came · 实际</th></tr>
{% for one in forecasts %}<tr><td>{{ one.period }}</td><td>{{ one.as_of.strftime("%Y-%m-%d") }}</td>
<td>{{ one.scope_kind }} {{ one.scope_id }}</td>{% for what in ("p10", "p50", "p90", "actual") %}
<td>{{ "{:,.0f}".format(one[what]) }}</td>{% endfor %}</tr>{% endfor %}</table>{% endif %}
</body></html>
"""
