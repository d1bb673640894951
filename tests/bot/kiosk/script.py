"""What the simulated front desk answers: the four jobs of the page, in both languages."""

from __future__ import annotations

from typing import Any

import segno

Json = dict[str, Any]

MENU: list[Json] = [
    {
        "id": "guide",
        "title": {"zh": "导诊：该看哪个科", "en": "Which department?"},
        "say": {"zh": "/guide", "en": "/guide"},
    },
    {"id": "book", "title": {"zh": "预约挂号", "en": "Book a visit"}, "say": {"zh": "/book", "en": "/book"}},
    {
        "id": "change",
        "title": {"zh": "改号、退号", "en": "Change or cancel"},
        "say": {"zh": "/change", "en": "/change"},
    },
    {"id": "ask", "title": {"zh": "问医院的事", "en": "Ask about the hospital"}, "say": {"zh": "/ask", "en": "/ask"}},
    {"id": "human", "title": {"zh": "转人工", "en": "Talk to a person"}, "say": {"zh": "/human", "en": "/human"}},
]

QR = segno.make("YIDAO:A3827", error="m").svg_inline(scale=4, border=2)
"""As the product makes it."""


def message(text: str, **more: Any) -> Json:
    """A message of the contract; what is not named is empty."""
    base: Json = {
        "text": text,
        "speech": text,
        "buttons": [],
        "citations": [],
        "card": None,
        "level": None,
        "ai": True,
        "from": "assistant",
    }
    return base | more


def buttons(*pairs: tuple[str, str]) -> list[Json]:
    return [{"title": title, "payload": payload} for title, payload in pairs]


def rows(*pairs: tuple[str, str]) -> list[Json]:
    return [{"label": label, "value": value} for label, value in pairs]


GREETING: dict[str, list[Json]] = {
    "zh": [
        message(
            "您好，我是澄湖医院的 AI 导医助手。继续使用就表示您同意我们为办理这次的事使用您说的内容。"
            "您离开后，这里不保留。",
            ai=False,
        )
    ],
    "en": [
        message(
            "Hello, I am the AI assistant of Chenghu Hospital. By going on you agree that we use what you say for this "
            "visit only; this kiosk keeps nothing after you leave.",
            ai=False,
        )
    ],
}


def _appointment(language: str, day: str, time: str) -> Json:
    zh = language == "zh"
    return {
        "kind": "appointment",
        "title": "预约凭条" if zh else "Appointment slip",
        "appointment": "ap-3827",
        "number": "A3827",
        "qr": QR,
        "rows": rows(
            *(
                [
                    ("就诊号", "A3827"),
                    ("就诊人", "张*芳"),
                    ("科室", "心血管内科"),
                    ("医生", "林望舒 主任医师"),
                    ("日期", day),
                    ("时间", time),
                    ("诊室", "门诊楼三楼 305"),
                    ("挂号费", "30 元"),
                ]
                if zh
                else [
                    ("Number", "A3827"),
                    ("Patient", "Zh*** F***"),
                    ("Department", "Cardiology"),
                    ("Doctor", "Dr Lin Wangshu, chief physician"),
                    ("Day", day),
                    ("Time", time),
                    ("Room", "305, 3rd floor, Outpatient Building"),
                    ("Fee", "30 yuan"),
                ]
            )
        ),
    }


def _zh(text: str) -> list[Json]:
    departments = {
        "kind": "departments",
        "title": "建议您看",
        "rows": rows(
            ("骨科", "门诊楼二楼 201 至 208 诊室"), ("风湿免疫科", "如果好几个关节都疼，可以看这里：门诊楼四楼 412")
        ),
    }
    confirm = {
        "kind": "confirm",
        "title": "请核对",
        "rows": rows(
            ("科室", "心血管内科"), ("医生", "林望舒 主任医师"), ("日期", "11月26日 星期四"), ("时间", "8:30–9:00")
        ),
    }
    route = {
        "kind": "route",
        "title": "怎么走",
        "rows": rows(("", "从大厅扶梯上二楼"), ("", "出扶梯右转，走到头"), ("", "201 诊室门口的导诊台报到")),
    }
    table: dict[str, list[Json]] = {
        "/guide": [
            message(
                "您哪里不舒服？可以直接打字告诉我，也可以按下面的选项。",
                buttons=buttons(
                    ("头疼头晕", "头疼"), ("胸口不舒服", "胸口疼"), ("膝盖或关节疼", "膝盖疼"), ("肚子疼", "肚子疼")
                ),
            )
        ],
        "膝盖疼": [
            message(
                "听您说的情况，先看骨科比较合适。这是科室建议，不是诊断，具体情况请听医生的。",
                card=departments,
                buttons=buttons(("挂骨科的号", "/book"), ("怎么走到骨科", "/route")),
            )
        ],
        "/route": [message("骨科在门诊楼二楼，走过去大约三分钟。", card=route)],
        "/book": [
            message(
                "好的。您想挂哪天的心血管内科？",
                buttons=buttons(
                    ("11月26日 星期四 上午", "/day 26"),
                    ("11月27日 星期五 上午", "/day 27"),
                    ("看别的日期", "/day more"),
                ),
            )
        ],
        "/day 26": [
            message(
                "请核对一下，对不对？", card=confirm, buttons=buttons(("对，就挂这个", "/yes"), ("不对，我要改", "/no"))
            )
        ],
        "/yes": [
            message(
                "挂好了。请在 11月26日 8:15 前到三楼报到，带上身份证或医保卡。",
                card=_appointment("zh", "11月26日 星期四", "8:30–9:00"),
            )
        ],
        "/change": [
            message(
                "找到您的一个号。您想怎么办？",
                card=_appointment("zh", "11月26日 星期四", "8:30–9:00"),
                buttons=buttons(("换个时间", "/move"), ("退号", "/cancel")),
            )
        ],
        "/move": [message("改好了。", card=_appointment("zh", "11月27日 星期五", "9:00–9:30"))],
        "/cancel": [message("已经退好了。您的号 A3827 不再有效，挂号费会原路退回。")],
        "/ask": [message("您想问什么？比如几点开门、怎么走、检查要准备什么。")],
        "几点能抽血": [
            message(
                "门诊抽血在医技楼二楼检验科，每天 7:00 到 16:30。查血糖、血脂前一般要空腹，喝少量白水可以。",
                citations=[
                    {
                        "title": "抽血须知",
                        "source": "topics/zh/blood-tests.md",
                        "quote": "检验科采血时间为每天 7:00 至 16:30。空腹项目请在采血前 8 小时起不进食，可少量饮水。",
                        "date": "2026-09-01",
                        "heading": "时间和地点",
                        "section": "检验科采血时间为每天 7:00 至 16:30。"
                        "空腹项目请在采血前 8 小时起不进食，可少量饮水。\n检验科电话是 0100-6123-0202。",
                    },
                    {
                        "title": "检验科位置",
                        "source": "topics/zh/laboratory.md",
                        "quote": "检验科在医技楼（B栋）二楼，乘 3 号电梯到达。",
                        "date": "2026-09-01",
                    },
                ],
            )
        ],
        "/human": [
            message(
                "好的，马上请工作人员来。您说过的内容会一起转过去，不用再说一遍。",
                ai=False,
                card={"kind": "ticket", "title": "人工服务", "rows": rows(("排队号", "H012"), ("前面还有", "1 位"))},
            )
        ],
        "/card": [message("读到了，谢谢。就诊人：张*芳，对吗？", buttons=buttons(("对", "/yes"), ("不对", "/no")))],
        "胸口疼得喘不上气": [
            message(
                "您说的情况可能很紧急。请马上到急诊，不要自己走动太多。身边有人的话，请他帮您叫工作人员。",
                level="emergency",
                ai=False,
                card={
                    "kind": "emergency",
                    "title": "紧急情况",
                    "rows": rows(("急诊", "急诊楼（D栋）一楼，出大厅东门右转"), ("急诊台电话", "0100-6123-0911")),
                },
                buttons=buttons(("我没有危险", "/safe")),
            )
        ],
        "发烧三天了": [message("请今天就到发热门诊看一下：急诊楼东侧，单独入口，昼夜都开。", level="urgent")],
        "/safe": [message("好的，知道了。您还想办什么事？")],
    }
    return table.get(text) or [
        message(f"我不太明白“{text}”。您可以换个说法，或者转人工。", buttons=buttons(("转人工", "/human")))
    ]


def _en(text: str) -> list[Json]:
    departments = {
        "kind": "departments",
        "title": "We suggest",
        "rows": rows(
            ("Orthopaedics", "Rooms 201 to 208, 2nd floor, Outpatient Building"),
            ("Rheumatology", "If several joints hurt: room 412, 4th floor"),
        ),
    }
    table: dict[str, list[Json]] = {
        "/guide": [
            message(
                "What is troubling you? Type it, or choose below.",
                buttons=buttons(
                    ("Headache", "headache"), ("Knee or joint pain", "knee pain"), ("Stomach pain", "stomach pain")
                ),
            )
        ],
        "knee pain": [
            message(
                "From what you say, Orthopaedics is a good place to start. "
                "This names a department; it is not a diagnosis.",
                card=departments,
                buttons=buttons(("Book Orthopaedics", "/book")),
            )
        ],
        "/book": [
            message(
                "Which day would you like for Cardiology?",
                buttons=buttons(("Thu 26 Nov, morning", "/day 26"), ("Fri 27 Nov, morning", "/day 27")),
            )
        ],
        "/day 26": [
            message(
                "Thursday 26 November, 8:30, Dr Lin Wangshu. Is that right?",
                buttons=buttons(("Yes, book it", "/yes"), ("No, change it", "/no")),
            )
        ],
        "/yes": [
            message(
                "Booked. Please check in on the 3rd floor by 8:15.",
                card=_appointment("en", "Thursday 26 November", "8:30–9:00"),
            )
        ],
        "/change": [
            message(
                "I found one booking. What would you like to do?",
                card=_appointment("en", "Thursday 26 November", "8:30–9:00"),
                buttons=buttons(("Move it", "/move"), ("Cancel it", "/cancel")),
            )
        ],
        "/move": [message("It is moved.", card=_appointment("en", "Friday 27 November", "9:00–9:30"))],
        "/cancel": [message("Your booking A3827 is cancelled. The fee goes back the way it was paid.")],
        "/ask": [message("What would you like to know? For example hours, directions or how to prepare.")],
        "blood test hours": [
            message(
                "Blood is taken on the 2nd floor of the Diagnostics Building, daily 7:00 to 16:30.",
                citations=[
                    {
                        "title": "Blood tests",
                        "source": "topics/en/blood-tests.md",
                        "quote": "The laboratory takes blood every day from 7:00 to 16:30.",
                        "date": "2026-09-01",
                        "heading": "Time and place",
                        "section": "Come early.\nThe laboratory takes blood every day from 7:00 to 16:30.\n"
                        "Bring your slip.",
                    }
                ],
            )
        ],
        "/human": [
            message(
                "Of course. A member of staff will join; they see what you have said so far.",
                ai=False,
                card={
                    "kind": "ticket",
                    "title": "Talk to staff",
                    "rows": rows(("Number", "H012"), ("Waiting before you", "1")),
                },
            )
        ],
        "/card": [
            message(
                "Thank you, the card was read. Patient: Zh*** F***. Is that right?",
                buttons=buttons(("Yes", "/yes"), ("No", "/no")),
            )
        ],
        "chest pain and cannot breathe": [
            message(
                "This may be an emergency. Please go to Emergency now. Ask someone near you to fetch staff.",
                level="emergency",
                ai=False,
                card={
                    "kind": "emergency",
                    "title": "Emergency",
                    "rows": rows(("Emergency", "Emergency Building (D), 1F"), ("Emergency desk", "0100-6123-0911")),
                },
                buttons=buttons(("I am not in danger", "/safe")),
            )
        ],
        "/safe": [message("Good. What would you like to do?")],
    }
    return table.get(text) or [
        message(
            f"I did not understand “{text}”. Please say it differently, or talk to a person.",
            buttons=buttons(("Talk to a person", "/human")),
        )
    ]


def answer(text: str, language: str) -> list[Json]:
    """The messages that answer one turn."""
    return _zh(text) if language == "zh" else _en(text)
