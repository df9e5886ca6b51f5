"""The words of signing in, of one's own account, and of being refused."""

WORDS: dict[str, tuple[str, str]] = {
    "nav.account": ("Account", "账户"),
    "sign_in.title": ("Sign in", "登录"),
    "sign_in.name": ("Name", "用户名"),
    "sign_in.password": ("Password", "密码"),
    "sign_in.help": (
        "Your administrator makes an account with “dealcast user add”.",
        "账户由管理员用“dealcast user add”创建。",
    ),
    "sign_in.submit": ("Sign in", "登录"),
    "sign_in.provider": ("Sign in through your company", "使用公司账号登录"),
    "sign_in.refused": (
        "Name and password do not go together. Check both and try again.",
        "用户名或密码不正确，请检查后重试。",
    ),
    "sign_in.locked": (
        "Too many failed attempts. Wait 15 minutes and try again, or ask your administrator for a new password.",
        "失败次数过多，请 15 分钟后重试，或请管理员重设密码。",
    ),
    "sign_in.stale": (
        "This form was open too long or comes from elsewhere. Please try again.",
        "页面已过期或来源不符，请重新登录。",
    ),
    "sign_in.provider_refused": (
        "Your company’s sign-in did not let you in. Ask your administrator for an account under the same name.",
        "公司账号登录未成功，请管理员以相同名称为您开户。",
    ),
    "account.title": ("Your account", "我的账户"),
    "account.name": ("Name", "用户名"),
    "account.role": ("Role", "角色"),
    "account.rep": ("You in the sales history", "对应销售人员"),
    "account.sees": ("What you see", "可见范围"),
    "account.sees_all": ("the whole company", "全公司"),
    "account.sees_some": ("yourself and {count} people who report to you", "本人及下属 {count} 人"),
    "account.sees_own": ("your own deals and figures", "本人的商机与数据"),
    "account.password": ("Change password", "修改密码"),
    "account.old": ("Present password", "当前密码"),
    "account.new": ("New password (10 characters or more)", "新密码（至少 10 个字符）"),
    "account.again": ("New password once more", "再次输入新密码"),
    "account.change": ("Change password", "修改密码"),
    "account.everywhere": ("Sign out everywhere", "在所有设备上退出"),
    "account.everywhere_note": (
        "Ends every session of yours, on this and every other device.",
        "结束您在本机及其他所有设备上的登录。",
    ),
    "account.no_password": (
        "You sign in through your company; there is no password here to change.",
        "您通过公司账号登录，此处没有可修改的密码。",
    ),
    "account.changed": (
        "The password is changed; other devices are signed out.",
        "密码已修改，其他设备均已退出登录。",
    ),
    "account.wrong": ("The present password is not right.", "当前密码不正确。"),
    "account.differ": ("The two new passwords differ.", "两次输入的新密码不一致。"),
    "account.weak": (
        "The new password is too short or too easy to guess. Take 10 characters or more.",
        "新密码过短或过于简单，请使用至少 10 个字符。",
    ),
    "role.rep": ("Rep", "销售代表"),
    "role.manager": ("Manager", "销售经理"),
    "role.planner": ("Planner", "计划人员"),
    "role.analyst": ("Analyst", "分析人员"),
    "role.admin": ("Administrator", "管理员"),
    "failure.403": ("Not yours to see or do", "没有权限"),
    "failure.429": ("Too many requests", "请求过于频繁"),
    "advice.403": (
        "Your role does not cover this, or the page was open too long. Go back and try again, or ask your"
        " administrator.",
        "您的角色无此权限，或页面已过期。请返回重试，或联系管理员。",
    ),
    "advice.429": ("Wait a minute and try again.", "请稍候一分钟再试。"),
    "failure.comma": (", ", "、"),
    "advice.unknown_parameter": (
        "The address asks for “{name}”, which this page does not know. ",
        "地址中的“{name}”不是本页面的参数。",
    ),
    "advice.known_parameters": ("It knows: {some}.", "可用参数：{some}。"),
    "advice.no_parameters": ("It takes none.", "本页面不接受参数。"),
    "advice.bad_parameter": (
        "In the address “{name}” is “{value}”, which cannot be used. ",
        "地址中“{name}”的值“{value}”无法使用。",
    ),
    "advice.can_be": ("It can be: {some}.", "可用的值：{some}。"),
    "advice.from_list": ("Start again from the page itself.", "请从页面重新进入。"),
}
