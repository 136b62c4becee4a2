"""What the program itself says, in Chinese: every sentence a user reads that no template or rule declares."""

from __future__ import annotations

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    # 版面（templates/*.toml 的 layout）
    "layout.line": "版面第{line}行：{what}",
    "layout.empty": "没有画出任何一行；每一行写成“样式 | 单元格 | … |”",
    "layout.no_pipe": "不是一行表格；以“|”分隔，并以“|”结尾",
    "layout.cells": "有{found}格，应为{wanted}格；补足或删去“|”，并排的格用“<”接左",
    "layout.mark": "行首的“{mark}”不认识；样式只有 {looks}，另有 *份数 与 h=行高",
    "layout.mixed": "“{cell}”把标签和填写处画在一格里；标签后写“+”，把填写处画在右边一格",
    "layout.reference": "“{{{cell}}}”写法不对；写成 {{字段}}、{{表.列}}、{{.列}} 或 {{字段=印好的值}}",
    "layout.table": "“{{{cell}}}”前面没有写明是哪张表；本行第一列写成 {{表.列}}",
    "layout.nothing_above": "第{column}格的“^”上面没有单元格；改为标签、“<”或空格",
    "layout.nothing_left": "第{column}格的“<”左边没有单元格；改为标签、“^”或空格",
    "layout.no_rectangle": "合并的单元格不成矩形；检查“<”与“^”，一块的每一行要同样宽",
    "layout.twice": "字段 {field} 画了两次；同一字段在一张表里只画一处",
    # 声明（模板与规则的文件）
    "declare.error": "{file}：{place}：{what}",
    "declare.whole": "全文",
    "declare.toml": "不是正确的 TOML：{detail}；按提示的行列改正写法",
    "declare.unreadable": "读不出来：{detail}；检查文件是否存在、编码是否为 UTF-8",
    "declare.missing": "缺少 {key}；请补上",
    "declare.unknown": "有不认识的 {key}；可用的是 {known}",
    "declare.type": "{key} 应为{wanted}，实为 {found}；请改正",
    "declare.id": "id“{id}”与文件名“{name}”不一致；两者应相同",
    "declare.word": "字段 {field} 不在 vocabulary.toml 中；改用已有的字段，或先在那里登记",
    "declare.table": "表 {table} 不在 vocabulary.toml 中；改用已有的表，或先在那里登记",
    "declare.kind": "种类“{kind}”不认识；可用的是 {known}",
    "declare.widths": "没有写 widths；写出每一列的像素宽",
    "declare.sheet": "表名“{sheet}”不能用；不超过31字，不含 \\ / ? * [ ] : ' 和空格，不与其他表重名",
    "declare.derived": "derived 中的 {field} 没有计算它的规则；删去它，或加上规则族",
    "declare.computed_twice": "字段 {field} 有两条规则计算：{first}、{second}；用 [except] 排除其中一条",
    "declare.circle": "计算规则互相依赖：{chain}；改成不成圈的写法",
    "declare.weights": "印好的分值相加为 {sum}，应为 {full}；检查 execution_weight 与 level1_points",
    "declare.family": "规则族 {family} 不存在；已有 {known}",
    "declare.exception": "[except] 中的 {key} 没有对应的规则；删去它",
    "declare.unit": "unit = “{unit}”不是“表.字段”；写成 overall.unit 这样",
    "declare.repeat": "名称 {form} 重复；换一个",
    "declare.code": "规则编号“{code}”不是“族名＋两位数字”，或不属于本文件的族 {family}；改正编号",
    "declare.code_twice": "规则编号 {code} 用了两次；换成没有用过的编号",
    "declare.shape": "要写 equals、holds、raises 之一，且只写一个；请改正",
    "declare.event": "事件“{event}”由 {first} 与 {second} 两条规则声明；保留一条",
    "declare.loop": "for 中的 ${name} 没有用到，或没有取值；请改正",
    "declare.form_missing": "模板 {template} 没有 {forms} 中的任何一张表；在 [except] 中写明 {code} 为何不适用",
    "declare.name": "{key} 第{column}个字符：名称 {name} 在模板 {template} 的 {form} 表中没有；"
    "改正名称，或在该模板的 [except] 中写明 {code} 为何不适用",
    "declare.many": "{key} 第{column}个字符：{name} 是一列，只能用在 SUM、COUNT 之类的函数里",
    "declare.one": "{key} 第{column}个字符：{name} 不是一列",
    "declare.function": "{key} 第{column}个字符：函数 {name} 不在函数表中；可用的是 {known}",
    "declare.arguments": "{key} 第{column}个字符：{name} 的参数个数或种类不对",
    "declare.truth": "{key} 应是一个条件（真假），不是{kind}",
    "declare.syntax": "{key} 第{column}个字符：{reason}；按 Excel 公式的写法改正",
    "declare.placeholder": "{key} 中的 {{{name}}} 不认识；可用 label、expected、actual，或本规则能看到的字段",
    "declare.target": "target {name} 应是一个字段（不是一列，也不是常数）；请改正",
    "declare.examples": "至少要有一个通过（pass）和一个不通过（fail）的例子；请补上",
    "declare.long_message": "提示语有 {length} 字，Excel 的公式放不下；不超过 200 字",
    "declare.placeholder_help": "{field} 的 help 有 {length} 字；Excel 的输入提示不超过 255 字",
    "live.function": "函数 {name} 要读懂文字，Excel 公式写不清楚，由审核程序核对",
    "live.every_column": "要逐行比较各项目表，公式放不下",
    # 审核
    "label.row": "第{row}行",
    "explain.left_out": "正好漏计了“{label}”{value}",
    "explain.twice": "正好重复计了“{label}”{value}",
    "explain.yuan": "正好是一万倍，疑似把元填成了万元",
    "explain.ten_thousand": "正好是万分之一，疑似单位用错",
    "check.explained": "{message}：{explanation}",
    "check.digit": "{message}（只差末位，请核实取舍）",
    "check.also": "{message}；同一原因还使{labels}不符",
    "check.not_checked": "“{title}”没有核对：先更正 {cells}",
    "check.not_checked_fix": "更正 {cells} 后重新审核",
    "hint.probable": "，疑为 {value}",
    "hint.alike": "，与{form}{label}的 {value} 数字相近，疑为 {value}",
    "hint.fits": "，从算式推算应为 {value}",
    # 填报工作簿
    "sheet.selfcheck": "自检",
    "sheet.guide": "填表说明",
    "sheet.arrow": "← ",
    "sheet.missing": "{label}没有填写",
    "sheet.unreadable": "{label}应填数字",
    "sheet.untouched": "○ 尚未填写",
    "sheet.clean": "√ 没有发现问题",
    "sheet.count_error": "× {number} 处有误",
    "sheet.count_missing": "○ {number} 处未填",
    "sheet.count_warning": "※ {number} 处待核实",
    "sheet.status": "自检：",
    "sheet.status_link": "（点此查看）",
    "sheet.message_head": "本行提示（不打印）",
    "sheet.footer": '&C&"宋体,常规"&9第 &P 页，共 &N 页&R&"宋体,常规"&8&K808080{template}',
    "sheet.error_title": "填写有误",
    "sheet.error_money": "{label}只填数字（0 到 99999999），如 79.988522；不写“万元”，不写逗号，不能有两个小数点。",
    "sheet.error_number": "{label}只填 0 到 100 之间的数字，不写单位。",
    "sheet.back": "返回填表",
    "selfcheck.title": "填报自检（边填边查，不用打印）",
    "selfcheck.columns": "序号|报表|检查内容|要求|结果|定位",
    "selfcheck.missing": "○ 未填 {number} 处",
    "selfcheck.missing_title": "必填项",
    "selfcheck.missing_wanted": "必填的格子都要填",
    "selfcheck.unreadable_title": "数字栏",
    "selfcheck.unreadable_wanted": "只填数字：不写单位，不写逗号，只有一个小数点",
    "selfcheck.error": "× 有误 {number} 处",
    "selfcheck.warning": "※ 核实 {number} 处",
    "selfcheck.notice": "● 提示 {number} 处",
    "selfcheck.waiting": "待更正",
    "selfcheck.pass": "√ 通过",
    "selfcheck.idle": "—",
    "selfcheck.locate": "点此定位 ",
    "severity.error": "错误",
    "severity.warning": "核实",
    "severity.notice": "提示",
    "guide.title": "{year}年度{title}填表说明",
    "guide.fill_head": "一、怎么填",
    "guide.fill": "1．只填浅黄色的格子；灰色的格子由公式计算，不要填写。其他格子是表上印好的，已锁定。\n"
    "2．金额单位为万元，只填数字，如 79.988522；不写“万元”，不写逗号，只有一个小数点。\n"
    "3．分值、得分只填数字，不写“分”字；得分不得大于分值。\n"
    "4．指标值写符号、数值和单位，如 ≥95%、≤12万元、2轮；完成值写实际数值和单位，不照抄指标值的符号。\n"
    "5．得分小于分值的，必须写偏差原因和改进措施；完成值远高于指标值的，也要说明原因。\n"
    "6．用不到的指标行留空即可，不要写“无”“……”。行不够用时，请联系财政部门加行后重发。\n"
    "7．从别处粘贴时，请用“选择性粘贴—只粘贴文本（数值）”，以免带入格式、破坏校验。\n"
    "8．每填一处，右侧会提示本行的问题；填完后看“自检”，没有 × 和 ○ 再报送。\n"
    "9．“待更正”的意思是：要先更正别处的错误，这一项才能核对。",
    "guide.colours_head": "二、颜色",
    "guide.colours": "浅黄色：请填写\n灰色：公式计算，不用填\n白色：表上印好的\n红色、橙色：有误、未填或待核实，见本行右侧的提示",
    "guide.rules_head": "三、审核时核对什么",
    "guide.rules_columns": "级别|核对内容|依据",
    # --data
    "data.unreadable": "数据文件 {file} 读不出来：{detail}；请检查路径",
    "data.json": "数据文件 {file} 不是正确的 JSON：{detail}；请改正",
    "data.object": "{place} 应是一组“字段: 值”（JSON 对象）；请改正",
    "data.list": "{place} 是重复的表，应写成列表 [ {{…}}, {{…}} ]；请改正",
    "data.rows": "{place} 是表，应写成行的列表 [ {{…}}, {{…}} ]；请改正",
    "data.unknown": "没有 {place}；可用的是 {known}",
    "data.printed": "{place} 是表上印好的，不能填写；请删去",
    "data.no_row": "{place} 没有“{row}”这一行；可用的是 {known}",
    "data.type": "{place} 应是文字或数字，不是 {found}；请改正",
    "declare.no_templates": "{folder} 里没有模板；--catalog 应指向含 templates 和 rules 两个文件夹的位置",
}


def say(key: str, /, **values: object) -> str:
    """A sentence of the program with its values filled in.

    Raises:
        KeyError: the sentence, or a value it needs, does not exist (a defect, found by the tests).
    """
    return TEXTS[key].format(**values)
