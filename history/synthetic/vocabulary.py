"""The words of the synthetic company: names of people, customers, places and things, Chinese and English mixed."""

from __future__ import annotations

import tomllib

from history.settings import Settings, parse_settings

SETTINGS_TOML = """\
[workspace]
currency = "CNY"
timezone = "Asia/Shanghai"
fiscal_year_starts = 1

[strategic]
product_line = ["Software"]
fit_grade = ["A"]

[[stages]]
name = "Qualify"
category = "pipeline"

[[stages]]
name = "Discover"
category = "pipeline"

[[stages]]
name = "Propose"
category = "best_case"

[[stages]]
name = "Negotiate"
category = "best_case"

[[stages]]
name = "Contract"
category = "commit"

[[stages]]
name = "Won"
outcome = "won"
category = "closed"

[[stages]]
name = "Lost"
outcome = "lost"
category = "omitted"
"""

STAGES = ("Qualify", "Discover", "Propose", "Negotiate", "Contract", "Won", "Lost")
OPEN_STAGES, WON, LOST = 5, 5, 6
STAGE_PROBABILITY = (10, 20, 40, 60, 80)
REGIONS = ("East", "South", "North", "West")
SEGMENTS = ("small", "mid", "enterprise")
KINDS = ("new", "renewal", "expansion")
SOURCES = ("referral", "partner", "website", "event", "campaign", "cold_call")
PRODUCT_LINES = ("Sensors", "Controllers", "Software", "Services")
COMPETITORS = ("Helix Automation", "中控优联", "Borealis Systems", "明锐科技", "Tandem Works")
LOSS_REASONS = ("price", "competitor", "no_budget", "no_decision", "timing", "product_gap")
FIT_GRADES = ("A", "B", "C", "D")
INDUSTRIES = ("manufacturing", "electronics", "automotive", "energy", "logistics", "food", "healthcare", "retail")
CONTACT_ROLES = ("decision_maker", "champion", "influencer", "user", "blocker", "other")
CATEGORIES = ("omitted", "pipeline", "best_case", "commit")
COURSES = ("产品知识", "Negotiation", "方案撰写", "Discovery questions", "合规与合同", "CRM hygiene")
NEXT_STEPS = (
    "发送报价",
    "Schedule demo",
    "约客户技术交流",
    "Confirm budget holder",
    "安排现场勘察",
    "Send revised quote",
    "等待客户内部评审",
    "Meet purchasing",
    "提交合同草案",
    "Call back after review",
)
SUBJECTS = {
    "call": ("需求沟通", "Follow-up call", "价格沟通"),
    "email": ("Quotation", "方案资料", "Meeting notes", "技术答疑"),
    "meeting": ("需求评审会", "Project meeting", "商务谈判"),
    "visit": ("客户拜访", "Site visit"),
    "demo": ("产品演示", "Product demo"),
    "message": ("微信沟通", "Short message"),
    "review": ("内部商机评审", "Deal review"),
    "task": ("技术支持", "Support request", "报价支持"),
}

FAMILY_NAMES = tuple("王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗")
GIVEN_NAMES = (
    "伟", "芳", "娜", "敏", "静", "丽", "强", "磊", "洋", "艳", "勇", "杰", "涛", "明", "超", "秀兰", "晓东", "海燕",
    "志强", "雨桐", "子轩", "思远", "佳怡", "文博",
)  # fmt: skip
ENGLISH_FIRST = (
    "Amy", "Ben", "Carol", "Daniel", "Emma", "Frank", "Grace", "Henry", "Iris", "Jack", "Kevin", "Linda", "Mark",
    "Nina", "Oscar", "Peter", "Rachel", "Simon", "Tina", "Victor",
)  # fmt: skip
ENGLISH_LAST = ("Chen", "Wang", "Li", "Zhao", "Liu", "Brown", "Miller", "Novak", "Costa", "Tan", "Ng", "Weber")
CITIES = ("华东", "苏州", "深圳", "天津", "成都", "武汉", "青岛", "宁波", "西安", "长沙", "厦门", "合肥")
TRADES = ("精密", "电子", "汽车部件", "能源", "物流", "食品", "医疗", "智能装备", "新材料", "自动化")
ENDINGS = ("有限公司", "集团", "股份", "科技")
ENGLISH_ROOTS = (
    "Northwind",
    "Silverlake",
    "Redwood",
    "Bluepeak",
    "Ironbridge",
    "Eastgate",
    "Lumen",
    "Harbor",
    "Summit",
    "Orchid",
)
ENGLISH_TRADES = (
    "Controls",
    "Foods",
    "Logistics",
    "Motors",
    "Medical",
    "Energy",
    "Electronics",
    "Retail",
    "Plastics",
    "Tools",
)


def settings() -> Settings:
    """The settings that the synthetic history is read under."""
    return parse_settings(tomllib.loads(SETTINGS_TOML))
