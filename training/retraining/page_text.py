"""The text of the report page of a retraining, a Jinja template: see `training.retraining.page`."""

STYLE = """body{font:15px/1.5 system-ui,sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem;color:#1c2733}
table{border-collapse:collapse;margin:1rem 0}td,th{padding:.3rem .7rem;border-bottom:1px solid #d9e0e6;text-align:right}
td:first-child,th:first-child,.text td,.text th{text-align:left;vertical-align:top}img{max-width:100%}
caption{text-align:left;font-weight:600}.found{color:#a61b1b;font-weight:600}.bar{background:#0b6e4f;height:.7rem}
small{color:#5a6b7b}td small{display:block}.beside small{display:inline}code{overflow-wrap:anywhere}
.wide{overflow-x:auto}.bars td:last-child{width:20rem}
@media(max-width:44rem){body{font-size:14px;margin:1rem auto}td,th{padding:.25rem .4rem}.bars td:last-child{width:5rem}
.cards tr:first-child{display:none}.cards tr{display:block;border-bottom:1px solid #d9e0e6;padding:.5rem 0}
.cards td{display:block;border:0;padding:.1rem 0}.cards td[data-of]::before{content:attr(data-of)": ";color:#5a6b7b}}"""

HEAD = (
    """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>Retraining {{ name }} · 再训练</title><style>"""
    + STYLE
    + """</style></head><body>
<h1>Retraining {{ name }} · 再训练</h1>
<p><strong>{{ "Promoted · 已上线" if decision.promoted else "Not promoted · 未上线" }}</strong></p>
<p>Decided by {{ decided.by }}: {{ decided.why }}. Trained as of {{ day }}.<br>
决定：{{ decided.by_zh }}。{{ decided.why_zh }}。训练截至 {{ day }}。</p>
"""
)

DATA = """<h2>Data · 数据</h2>
<p>Frozen history · 冻结历史 <code>{{ frozen.content_hash }}</code></p>
<div class="wide"><table class="text">
{% for en, zh, value in facts %}<tr><td>{{ en }} · {{ zh }}</td><td><code>{{ value }}</code></td></tr>
{% endfor %}</table></div>
<div class="wide"><table><tr><th>table · 表</th><th>rows · 行数</th></tr>
{% for table, rows in frozen.rows.items() %}<tr><td>{{ table }} <small>{{ table_words[table] }}</small></td>
<td>{{ "{:,}".format(rows) }}</td></tr>{% endfor %}</table></div>

<h2>What changed in it · 数据有何变化</h2>
{% if surprises is none %}<p>There is no earlier freeze to compare with.<br>没有更早的冻结可供比对。</p>
{% elif not surprises %}<p>As the last freeze led to expect.<br>与上次冻结得出的预期一致。</p>
{% else %}<ul>{% for one in surprises %}<li>{{ one.en }}<br>{{ one.zh }}</li>{% endfor %}</ul>{% endif %}
{% if not drift_known %}<p>Too few quarters or deals to tell whether features have drifted.<br>
季度或商机太少，无法判断特征是否漂移。</p>
{% else %}<p>{% if drift %}Features that are distributed otherwise than in the four quarters before:
{{ drift | length }}.<br>
与前四个季度相比分布已改变的特征：{{ drift | length }} 个。
{% else %}No feature is distributed otherwise than in the four quarters before, beyond noise and their usual
differences; these moved most.<br>没有特征的分布超出噪声与各季度通常的差异；以下为变动最大的几项。{% endif %}</p>
<div class="wide"><table class="text"><tr><th>change · 变化</th><th>PSI</th><th>noise · 噪声</th><th>n</th></tr>
{% for one in (drift or moved_features) %}<tr><td class="{{ "found" if one.drifted }}">{{ one.en }}<br>{{ one.zh }}</td>
<td>{{ figure(one.psi) }}</td><td>{{ figure(one.noise) }}</td>
<td>{{ "{:,}".format(one.n_before) }} → {{ "{:,}".format(one.n_now) }}</td></tr>{% endfor %}</table></div>{% endif %}
"""

GATE = """<h2>Gate · 上线检验</h2>
<table class="text cards"><tr><th>check · 检查</th><th>about · 内容</th><th>outcome · 结果</th><th>says · 说明</th></tr>
{% for one in gate %}<tr><td>{{ one.code }}</td>
<td>{{ one.title }} · {{ one.title_zh }}<small>{{ one.check.threshold }} · {{ one.check.threshold_zh }}</small></td>
<td class="{{ one.outcome }}">{{ one.outcome.replace("_", " ") }} · {{ one.said }}</td>
<td>{{ one.sentence }}<br>{{ one.sentence_zh }}</td></tr>{% endfor %}</table>
"""

REPLAY = """<h2>Replay · 回放</h2>
{% if summary is none %}<p>The history is too short to replay.<br>历史太短，无法回放。</p>{% else %}
<p>{{ summary.question[0] | upper }}{{ summary.question[1:] }}: {{ "{:,}".format(summary.n) }} rows of
{{ "{:,}".format(summary.deals) }} deals, {{ summary.first }} to {{ summary.last }},
{{ "%.1f" % (100 * summary.share_won) }}% won. Every model was trained only on what was known at its cut.<br>
{{ question_zh }}：{{ "{:,}".format(summary.deals) }} 个商机共 {{ "{:,}".format(summary.n) }} 行，{{ summary.first }} 至
{{ summary.last }}，赢单 {{ "%.1f" % (100 * summary.share_won) }}%。每个模型只用截止日当时已知的数据训练。</p>
<div class="wide"><table class="beside">
<caption>Accuracy, 90 % intervals from resampling deals · 准确度，按商机重抽样的 90 % 区间</caption>
<tr><th>forecast · 预测</th><th>AUC</th><th>log loss · 对数损失</th><th>Brier</th></tr>
{% for key, row in summary.forecasts.items() %}<tr><td>{{ names.get(key, key) }}</td>
{% for what in ("auc", "log_loss", "brier") %}<td>{{ figure(row[what].value) }}
<small>{{ figure(row[what].low) }}–{{ figure(row[what].high) }}</small></td>{% endfor %}</tr>{% endfor %}</table></div>

<h2>Calibration · 校准</h2>
<p>Slope {{ figure(summary.calibration_slope) }}, intercept {{ figure(summary.calibration_intercept) }}; 1 and 0 are
right.<br>斜率 {{ figure(summary.calibration_slope) }}，截距 {{ figure(summary.calibration_intercept) }}；
理想值为 1 与 0。</p>
<figure><img alt="{{ caption[0] }} · {{ caption[1] }}" src="data:image/png;base64,{{ plot }}">
<figcaption>{{ caption[0] }}<br>{{ caption[1] }}</figcaption></figure>
<div class="wide"><table>
<caption>Shown against came, 90 % intervals by deals · 所示与实际，按商机计的 90 % 区间</caption>
<tr><th>chance · 概率</th><th>rows · 行数</th><th>deals · 商机数</th><th>shown · 所示</th><th>came · 实际</th>
<th>90 %</th></tr>
{% for one in reliability %}<tr><td>{{ "%.0f" % (100 * one.from) }}–{{ "%.0f" % (100 * one.to) }}%</td>
<td>{{ "{:,}".format(one.n) }}</td><td>{{ "{:,}".format(one.deals) }}</td>
<td>{{ "%.1f" % (100 * one.shown) }}%</td><td>{{ "%.1f" % (100 * one.came) }}%</td>
<td>{{ "%.1f" % (100 * one.low) }}–{{ "%.1f" % (100 * one.high) }}%</td></tr>{% endfor %}</table></div>{% endif %}
"""

AGAINST = """<h2>Challenger against champion · 候选与现役</h2>
{% if champion is none %}<p>There is no champion to compare with on days it had not learned from.<br>
没有可在其未学过的日期上对比的现役模型。</p>{% else %}
<p>The same {{ "{:,}".format(champion.rows) }} rows, seen by neither before.<br>
同样的 {{ "{:,}".format(champion.rows) }} 行，双方均未学过。</p>
<div class="wide"><table class="beside"><tr><th></th><th>AUC</th><th>log loss · 对数损失</th><th>Brier</th></tr>
{% for key, metric in champion.metrics.items() %}<tr>
<td>{{ "challenger · 候选" if key == "model" else "champion · 现役 " ~ champion.version }}</td>
{% for score in (metric.auc, metric.log_loss, metric.brier) %}<td>{{ figure(score.value) }}
<small>{{ figure(score.low) }}–{{ figure(score.high) }}</small></td>{% endfor %}</tr>{% endfor %}</table></div>
<p>Log loss smaller by · 对数损失小 {{ champion.gain }}</p>
{% if champion.groups %}<div class="wide"><table>
<caption>By group; above 0 the challenger is better · 分组，大于 0 为候选更好</caption>
<tr><th>group · 分组</th><th>n</th><th>gain · 改善</th></tr>
{% for one in champion.groups %}<tr><td>{{ one.kind }} · {{ one.zh }} {{ one.name }}</td>
<td>{{ "{:,}".format(one.n) }}</td>
<td>{{ one.gain }}</td></tr>{% endfor %}</table></div>{% endif %}{% endif %}
"""

REASONS = """<h2>What reasons rest on · 原因构成</h2>
<p>Share of all SHAP points of the deals open on the day, the largest first.<br>
当日在途商机 SHAP 贡献的占比，由大到小。</p>
<table class="text bars">{% for key, share in importance %}<tr><td>{{ named(key) }}<small>{{ key }}</small></td>
<td>{{ "%.1f" % (100 * share) }}%</td>
<td><div class="bar" style="width:{{ "%.0f" % (100 * share / importance[0][1]) }}%"></div></td></tr>
{% endfor %}</table>

<h2>Deals whose chance moved most · 概率变动最大的商机</h2>
{% if not moved %}<p>There is no champion to compare with.<br>没有可对比的现役模型。</p>{% else %}
<p>The same facts, another model: chance to be won within 90 days. Why: the features whose part in the chance to be won
differs most, in percentage points, champion → challenger.<br>
事实相同，仅模型不同：90 天内赢单的概率。原因：对赢单概率的贡献相差最大的特征，单位为百分点，现役 → 候选。</p>
<table class="text cards"><tr><th>deal · 商机</th><th>stage · 阶段</th><th>champion · 现役</th>
<th>challenger · 候选</th><th>why · 原因</th></tr>
{% for one in moved %}<tr><td>{{ one.deal_id }}</td><td data-of="stage · 阶段">{{ one.stage or "–" }}</td>
<td data-of="champion · 现役">{{ "%.0f" % (100 * one.before) }}%</td>
<td data-of="challenger · 候选">{{ "%.0f" % (100 * one.after) }}%</td>
<td>{% for part in one.moved_by %}{{ named(part.code) }}
{{ "%+.1f" % part.before }} → {{ "%+.1f" % part.after }}{% if not loop.last %}<br>{% endif %}{% endfor %}</td></tr>
{% endfor %}</table>{% endif %}
"""

FORECASTS = """<h2>Where quarters were said to land, and where they did · 预测回放</h2>
{% if not forecasts %}<p>The history is too short to replay.<br>历史太短，无法回放。</p>{% else %}
<p>Amounts, told with the model of each quarter's first day. {{ held }} of {{ forecasts | length }} results lay within
p10 to p90, where 80 % should.<br>
金额，用各季度首日的模型预测。{{ forecasts | length }} 个结果中有 {{ held }} 个落在 p10 至 p90 之间，应占 80 %。</p>
<div class="wide"><table><tr><th>period · 期间</th><th>on · 日期</th><th>scope · 范围</th><th>p10</th><th>p50</th>
<th>p90</th><th>came · 实际</th><th>within · 区间内</th></tr>
{% for one in forecasts %}<tr><td>{{ one.period }}</td><td>{{ one.as_of.strftime("%Y-%m-%d") }}</td>
<td>{{ one.scope_kind if one.scope_kind == one.scope_id else one.scope_kind ~ " " ~ one.scope_id }}</td>
{% for what in ("p10", "p50", "p90", "actual") %}
<td>{{ "{:,.0f}".format(one[what]) }}</td>{% endfor %}
<td class="{{ "" if one.held else "found" }}">{{ "yes · 是" if one.held else "no · 否" }}</td></tr>{% endfor %}
</table></div>{% endif %}
{% if learned %}<h2>What the next quarter's forecasts rest on · 下季度预测所依据的经验</h2>
<p>Learned from earlier quarters, as known on {{ day }}; forecasts learn it anew whenever they are asked.<br>
由以往季度学得，以 {{ day }} 所知为准；每次预测时都会重新学习。</p>
<div class="wide"><table class="text">{% for one in learned %}<tr><td>{{ one.en }}<br>{{ one.zh }}</td>
<td>{{ one.value }}<br>{{ one.value_zh }}</td></tr>{% endfor %}</table></div>{% endif %}
</body></html>
"""

PAGE = "\n".join([HEAD, DATA, GATE, REPLAY, AGAINST, REASONS, FORECASTS])
