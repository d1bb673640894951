"""What becomes a token and what does not. All people and numbers are invented; identity numbers have area 000000."""

from __future__ import annotations

import pytest

from bot.privacy import Masker, Recogniser, normalise
from bot.settings import ROOT

ID, ID_X = "000000199003071234", "00000019900307123X"
PHONE = "13800131234"

ZH: list[tuple[str, str | None, list[tuple[str, str]]]] = [
    # names, as people say them
    ("我叫王小明", None, [("NAME", "王小明")]),
    ("你好，我叫王小明，想挂心内科", None, [("NAME", "王小明")]),
    ("我叫王小明想挂心内科", None, [("NAME", "王小明")]),
    ("我是张小芳", None, [("NAME", "张小芳")]),
    ("我是张小芳，昨天约的号", None, [("NAME", "张小芳")]),
    ("您好，我是欧阳小芳", None, [("NAME", "欧阳小芳")]),
    ("姓名：李桂兰", None, [("NAME", "李桂兰")]),
    ("姓名李桂兰", None, [("NAME", "李桂兰")]),
    ("名字是陈一", None, [("NAME", "陈一")]),
    ("患者：赵大海，男", None, [("NAME", "赵大海")]),
    ("就诊人赵大海，身份证稍后给", None, [("NAME", "赵大海")]),
    ("病人是孙丽", None, [("NAME", "孙丽")]),
    ("我妈李桂兰要看眼科", None, [("NAME", "李桂兰")]),
    ("我妈妈叫李桂兰，今年70岁", None, [("NAME", "李桂兰")]),
    ("我爸王建国的号能改吗", None, [("NAME", "王建国")]),
    ("我老婆刘敏，怀孕三个月", None, [("NAME", "刘敏")]),
    ("我孙子周小宝，五岁", None, [("NAME", "周小宝")]),
    ("给周小宝挂儿科", None, [("NAME", "周小宝")]),
    ("帮林晓约明天上午", None, [("NAME", "林晓")]),
    ("她叫何静", None, [("NAME", "何静")]),
    # numbers
    (f"我的手机号{PHONE}", None, [("PHONE", PHONE)]),
    ("手机 138 0013 1234", None, [("PHONE", PHONE)]),
    ("手机138-0013-1234", None, [("PHONE", PHONE)]),
    ("１３８００１３１２３４", None, [("PHONE", PHONE)]),
    (f"+86 {PHONE}", None, [("PHONE", f"+86{PHONE}")]),
    (f"0086{PHONE}", None, [("PHONE", f"0086{PHONE}")]),
    ("我电话一三八零零一三一二三四", None, [("PHONE", PHONE)]),
    ("幺三八 零零 幺三 幺二三四", None, [("PHONE", PHONE)]),
    ("座机010-8888 1234", None, [("PHONE", "01088881234")]),
    (f"身份证{ID}", None, [("ID", ID)]),
    ("身份证 000000 19900307 1234", None, [("ID", ID)]),
    ("身份证000000-19900307-1234", None, [("ID", ID)]),
    ("身份证号０００００００１９９００３０７１２３", None, [("ID", "0000000199003071" + "23")]),
    (f"{ID_X.lower()}", None, [("ID", ID_X)]),
    ("身份证零零零零零零一九九零零三零七一二三四", None, [("ID", ID)]),
    ("老身份证000000900307123", None, [("ID", "000000900307123")]),
    ("护照E12345678", None, [("ID", "E12345678")]),
    ("护照号 e12345678", None, [("ID", "E12345678")]),
    ("港澳通行证H0123456789", None, [("ID", "H0123456789")]),
    ("身份证0000001990030712345", None, [("ID", "0000001990030712345")]),  # a digit too many
    ("发到 wang.xm@example.com 吧", None, [("CONTACT", "wang.xm@example.com")]),
    ("我住东湖区解放路128号3栋2单元501室", None, [("ADDRESS", "我住东湖区解放路128号3栋2单元501室")]),
    ("家在春江花园12栋", None, [("ADDRESS", "家在春江花园12栋")]),
    ("门诊楼3楼怎么走", None, []),
    ("2号楼在哪", None, []),
    ("等一下", "patient_name", []),
    ("稍等", "patient_name", []),
    ("忘了", "patient_name", []),
    # numbers as nobody should write them
    ("电话139.1111.0006", None, [("PHONE", "13911110006")]),
    ("139/1111/0008", None, [("PHONE", "13911110008")]),
    ("139,1111,0009", None, [("PHONE", "13911110009")]),
    ("139_1111_0010", None, [("PHONE", "13911110010")]),
    ("139111一0011", None, [("PHONE", "13911110011")]),
    ("139—1111—0018", None, [("PHONE", "13911110018")]),
    ("1 3 9 1 1 1 1 0 0 1 9", None, [("PHONE", "13911110019")]),
    ("139 11 11 00 24", None, [("PHONE", "13911110024")]),
    ("+86 (139) 1111-0025", None, [("PHONE", "8613911110025")]),
    ("139点1111点0028", None, [("PHONE", "13911110028")]),
    ("壹叁玖壹壹壹壹零零贰玖", None, [("PHONE", "13911110029")]),
    ("000000/19900307/123X", None, [("ID", ID_X)]),
    ("护照 e 1234 9002", None, [("ID", "E12349002")]),
    ("香港身份证A123456(7)", None, [("ID", "A123456(7)")]),
    ("我微信号是 wxm_2026", None, [("CONTACT", "wxm_2026")]),
    ("车牌苏E12345", None, [("PLATE", "苏E12345")]),
    ("张 小 明", "patient_name", [("NAME", "张 小 明")]),
    ("我是张小芳啊", None, [("NAME", "张小芳")]),
    ("血压135/85, 128/79, 140/90", None, []),
    ("空腹血糖6.1，7.2，6.8，7.0", None, []),
    ("2026-11-24 08:30-11:30", None, []),
    ("2026.11.24到2026.12.01", None, []),
    # everything in one sentence
    (f"我叫王小明，身份证{ID}，电话{PHONE}", None, [("NAME", "王小明"), ("ID", ID), ("PHONE", PHONE)]),
    (f"王小明 {ID} {PHONE}", "patient_name", [("NAME", "王小明"), ("ID", ID), ("PHONE", PHONE)]),
    (f"姓名：王小明，身份证号：{ID}", None, [("NAME", "王小明"), ("ID", ID)]),
    # answers to the open question
    ("王小明", "patient_name", [("NAME", "王小明")]),
    ("叫王小明吧", "patient_name", [("NAME", "王小明")]),
    ("就叫王小明，谢谢", "patient_name", [("NAME", "王小明")]),
    ("阿依古丽·买买提", "patient_name", [("NAME", "阿依古丽·买买提")]),
    ("覃粟", "patient_name", [("NAME", "覃粟")]),
    ("逯菁菁", "patient_name", [("NAME", "逯菁菁")]),  # a surname that is not in the list
    ("张伟", "patient_name", [("NAME", "张伟")]),  # a patient who bears a doctor's name
    ("我叫张伟", None, [("NAME", "张伟")]),
    ("1234567", "patient_id", [("ID", "1234567")]),
    ("6123000", "patient_phone", [("PHONE", "6123000")]),
    ("19900307", "patient_id", [("ID", "19900307")]),
    # false friends: nothing personal in them
    ("我是高血压", None, []),
    ("我是左撇子", None, []),
    ("我是来看病的", None, []),
    ("我是外地人，能用医保吗", None, []),
    ("我妈高血压，头晕", None, []),
    ("我爸常年咳嗽", None, []),
    ("我孩子牛奶过敏", None, []),
    ("我妈白内障要手术", None, []),
    ("给孙子挂号", None, []),
    ("给老人挂号", None, []),
    ("帮我挂张伟医生的号", None, []),
    ("给张伟挂个专家号", None, []),  # a doctor of the house: public
    ("病人关系怎么开证明", None, []),
    ("周末上班吗", None, []),
    ("周日有号吗", "patient_name", []),
    ("马上能看吗", "patient_name", []),
    ("算了", "patient_name", []),
    ("不对，改成周五", "patient_name", []),
    ("停车在哪", "patient_name", []),
    ("高血压", "patient_name", []),
    ("明天上午", "patient_name", []),
    ("2026年11月24日上午8点30分", None, []),
    ("20261124上午", None, []),
    ("8:30-11:30都行", None, []),
    ("挂号费50元，共3个人", None, []),
    ("血压160/100，血糖11.2", None, []),
    ("我的号是A3827", None, []),
    ("排队号HJ5188", None, []),
    ("打120", None, []),
    ("一二三四楼都去过了", None, []),
]  # fmt: skip

EN: list[tuple[str, str | None, list[tuple[str, str]]]] = [
    ("write to wang.xm@example.com, I live at 12 Garden Road, Flat 5", None,
     [("CONTACT", "wang.xm@example.com"), ("ADDRESS", "12 Garden Road, Flat 5")]),
    ("my name is john smith and i have a cough", None, [("NAME", "john smith")]),
    ("name: tom brown", None, [("NAME", "tom brown")]),
    ("one three nine one one one one zero zero three zero", None, [("PHONE", "13911110030")]),
    ("my name is not important", None, []),
    ("one two or three days", None, []),
    ("forget it", "patient_name", []),
    ("hang on a second", "patient_name", []),
    ("My name is Li Ming", None, [("NAME", "Li Ming")]),
    ("my name is Anna O'Neil-Park, I have a cough", None, [("NAME", "Anna O'Neil-Park")]),
    ("Name: John Smith", None, [("NAME", "John Smith")]),
    ("I'm John Smith and I want a cardiologist", None, [("NAME", "John Smith")]),
    ("I am Maria Lopez", None, [("NAME", "Maria Lopez")]),
    ("This is Tom Brown", None, [("NAME", "Tom Brown")]),
    ("Hello, it's Tom Brown again", None, [("NAME", "Tom Brown")]),
    ("call me Peter", None, [("NAME", "Peter")]),
    ("The patient's name is McGregor", None, [("NAME", "McGregor")]),
    ("my mother Li Guilan needs an eye doctor", None, [("NAME", "Li Guilan")]),
    ("my son Tom has a fever", None, [("NAME", "Tom")]),
    ("my daughter, Emma, is five", None, [("NAME", "Emma")]),
    ("book it for Emma Stone tomorrow", None, [("NAME", "Emma Stone")]),
    ("Mrs. Wang would like to change", None, [("NAME", "Wang")]),
    (f"my phone is {PHONE}", None, [("PHONE", PHONE)]),
    (f"phone +86 {PHONE}.", None, [("PHONE", f"+86{PHONE}")]),
    ("phone 138 0013 1234", None, [("PHONE", PHONE)]),
    (f"ID number {ID}", None, [("ID", ID)]),
    (f"ID {ID_X}, thanks", None, [("ID", ID_X)]),
    ("my passport is E12345678", None, [("ID", "E12345678")]),
    ("passport AB1234567", None, [("ID", "AB1234567")]),
    (f"My name is Li Ming, ID {ID}, phone {PHONE}", None, [("NAME", "Li Ming"), ("ID", ID), ("PHONE", PHONE)]),
    ("john smith", "patient_name", [("NAME", "john smith")]),
    ("It's John Smith", "patient_name", [("NAME", "John Smith")]),
    ("the name is zhang wei min", "patient_name", [("NAME", "zhang wei min")]),
    (f"John Smith, passport E12345678, {PHONE}", "patient_name",
     [("NAME", "John Smith"), ("ID", "E12345678"), ("PHONE", PHONE)]),
    ("Zhang Wei", "patient_name", [("NAME", "Zhang Wei")]),  # a patient who bears a doctor's name
    # false friends
    ("an appointment for Zhang Wei please", None, []),  # the doctor: public
    ("I am Chinese", None, []),
    ("I'm Sick", None, []),
    ("I am Feeling Sick Today", None, []),
    ("it's Dr Chen I want", None, []),
    ("My Chest Hurts", None, []),
    ("my mother has a fever", None, []),
    ("This is urgent", None, []),
    ("Is this the Outpatient Building?", None, []),
    ("where is the parking", "patient_name", []),
    ("never mind", "patient_name", []),
    ("go back please", "patient_name", []),
    ("I want the cardiology department", "patient_name", []),
    ("tomorrow morning", "patient_name", []),
    ("room A1203 on floor 3", None, []),
    ("my number is A3827", None, []),
    ("blood pressure 160 over 100", None, []),
    ("on 20261124 at 8:30", None, []),
    ("I take 500 mg twice a day", None, []),
]  # fmt: skip


@pytest.fixture(scope="module")
def recogniser() -> Recogniser:
    return Recogniser.from_file(ROOT / "knowledge" / "hospital" / "surnames.txt", ["张伟", "Zhang Wei"])


def test_the_tables_are_long_enough() -> None:
    assert len(ZH) >= 60
    assert len(EN) >= 40
    for table in (ZH, EN):
        assert sum(not found for _, _, found in table) >= 15  # false friends


@pytest.mark.parametrize(("text", "expects", "found"), [*ZH, *EN])
def test_what_is_personal(recogniser: Recogniser, text: str, expects: str | None, found: list[tuple[str, str]]) -> None:
    assert [(finding.kind, finding.value) for finding in recogniser.find(normalise(text), expects)] == found


@pytest.mark.parametrize(("text", "expects", "found"), [row for row in (*ZH, *EN) if row[2]])
def test_nothing_of_a_value_is_left_in_the_text(
    recogniser: Recogniser, text: str, expects: str | None, found: list[tuple[str, str]]
) -> None:
    kept: dict[str, str] = {}

    def keep(conversation: str, kind: str, value: str) -> str:
        token = f"[{kind}_{len(kept):04d}]".replace("0", "a")
        kept[token] = value
        return token

    masked = Masker(recogniser, keep).mask("c", normalise(text), expects)
    assert sorted(kept.values()) == sorted(value for _, value in found)
    for token, value in kept.items():
        assert token in masked
        assert value not in masked


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("  好 \n", "好"),
        ("a\x00b", "ab"),
        ("a\ud800b", "ab"),
        ("我\u200b叫\u2060王", "我叫王"),
        ("ＡＢＣ１２３，", "ABC123,"),
        ("a\tb\r\nc", "a b  c"),
        ("\x00\u202e", ""),
        ("😀", "😀"),
        ("／restart", "/restart"),
    ],
)
def test_a_text_is_normalised(raw: str, clean: str) -> None:
    assert normalise(raw) == clean
    assert normalise(clean) == clean
    normalise(raw).encode()
