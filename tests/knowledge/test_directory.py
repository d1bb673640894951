"""The hospital's tables: they load, agree with each other and name their faults."""

import shutil
from collections import Counter
from collections.abc import Callable
from datetime import time
from pathlib import Path

import pytest

from knowledge.directory import Directory, DirectoryError, Session, load_directory
from knowledge.errors import KnowledgeError
from tests.knowledge.conftest import HOSPITAL

TABLES = ("hospital.yml", "departments.yml", "doctors.csv", "schedules.csv", "fees.yml")
WEEKDAYS = range(1, 6)
SATURDAY = 6

# The hospital's list of departments, with its official English names.
OFFICIAL = {
    "心血管内科": "Cardiology",
    "呼吸内科": "Respiratory Medicine",
    "消化内科": "Gastroenterology",
    "神经内科": "Neurology",
    "内分泌科": "Endocrinology",
    "肾内科": "Nephrology",
    "血液内科": "Haematology",
    "风湿免疫科": "Rheumatology",
    "感染科": "Infectious Diseases / Hepatology",
    "普外科": "General Surgery (hepatobiliary, GI, thyroid-breast, anorectal, vascular)",
    "骨科": "Orthopaedics",
    "泌尿外科": "Urology / Andrology",
    "神经外科": "Neurosurgery",
    "心胸外科": "Cardiothoracic Surgery",
    "妇科": "Gynaecology",
    "产科": "Obstetrics",
    "生殖医学科": "Reproductive Medicine",
    "儿科": "Paediatrics",
    "皮肤科": "Dermatology & STD",
    "眼科": "Ophthalmology",
    "耳鼻咽喉科": "ENT",
    "口腔科": "Stomatology",
    "精神心理科": "Psychiatry / Psychology",
    "肿瘤科": "Oncology",
    "中医科": "TCM",
    "整形美容科": "Plastic & Cosmetic",
    "康复医学科": "Rehabilitation",
    "急诊科": "Emergency",
    "全科医学科": "General Practice",
}


def department_of(directory: Directory, session: Session) -> str:
    return directory.doctors[session.doctor].department


class TestDepartments:
    def test_are_exactly_the_hospitals_list(self, directory: Directory) -> None:
        assert {each.zh: each.official_en for each in directory.departments.values()} == OFFICIAL

    def test_only_emergency_takes_no_appointments(self, directory: Directory) -> None:
        assert [each.id for each in directory.departments.values() if not each.bookable] == ["emergency"]

    def test_share_no_desk_and_no_phone(self, directory: Directory) -> None:
        desks = Counter((each.building, each.desk) for each in directory.departments.values())
        phones = Counter(each.phone for each in directory.departments.values())
        assert max(desks.values()) == 1
        assert max(phones.values()) == 1
        assert all(phone.startswith("0100-6123-") for phone in phones)

    def test_names_are_told_apart(self, directory: Directory) -> None:
        assert len({each.en for each in directory.departments.values()}) == len(OFFICIAL)

    def test_ways_start_in_the_main_hall_and_name_the_floor(self, directory: Directory) -> None:
        for each in directory.departments.values():
            assert "门诊楼一楼大厅" in each.route.zh, each.id
            assert "ground-floor hall of Building A" in each.route.en, each.id
            if each.building == "A" and each.floor > 1:
                assert f"{'一二三四五六'[each.floor - 1]}楼" in each.route.zh.replace("一楼大厅", ""), each.id
                assert f"{each.floor}F" in each.route.en, each.id
            area = each.desk.partition("-")[2][0]
            if each.id != "emergency":
                assert f"{area}诊区" in each.route.zh, each.id
                assert f"Area {area}" in each.route.en, each.id

    def test_paediatrics_ends_where_adult_medicine_begins(self, directory: Directory) -> None:
        limit = directory.hospital.paediatric_under_age
        assert directory.departments["paediatrics"].max_age == limit - 1
        for department in ("cardiology", "respiratory", "gastroenterology", "neurology", "endocrinology", "nephrology"):
            assert directory.departments[department].min_age == limit

    @pytest.mark.parametrize(
        ("department", "age", "sex", "accepted"),
        [
            ("paediatrics", 13, None, True),
            ("paediatrics", 14, None, False),
            ("cardiology", 14, None, True),
            ("cardiology", 13, None, False),
            ("cardiology", None, None, True),
            ("gynaecology", 30, "female", True),
            ("gynaecology", 30, "male", False),
            ("gynaecology", 30, None, True),
            ("reproductive_medicine", 17, "female", False),
            ("dermatology", 3, "male", True),
        ],
    )
    def test_accept_by_age_and_sex(self, directory, department, age, sex, accepted) -> None:
        assert directory.departments[department].accepts(age=age, sex=sex) is accepted


class TestDoctors:
    def test_are_enough(self, directory: Directory) -> None:
        assert len(directory.doctors) >= 64
        for department in directory.departments.values():
            assert len(directory.doctors_of(department.id)) >= (2 if department.bookable else 0), department.id

    def test_no_two_have_the_same_chinese_name(self, directory: Directory) -> None:
        names = Counter(each.zh for each in directory.doctors.values())
        assert [name for name, count in names.items() if count > 1] == []

    def test_two_pairs_sound_the_same(self, directory: Directory) -> None:
        names = Counter(each.en for each in directory.doctors.values())
        assert sorted(name for name, count in names.items() if count > 1) == ["Li Jing", "Zhang Wei"]

    def test_each_department_has_an_attending(self, directory: Directory) -> None:
        for department in directory.departments.values():
            titles = {each.title for each in directory.doctors_of(department.id)}
            assert not department.bookable or "attending" in titles, department.id


class TestSessions:
    def test_every_bookable_department_is_open_each_weekday_both_halves(self, directory: Directory) -> None:
        is_open = {(department_of(directory, each), each.weekday, each.half_day) for each in directory.sessions}
        for department in directory.departments.values():
            for weekday in WEEKDAYS if department.bookable else ():
                for half_day in ("am", "pm"):
                    assert (department.id, weekday, half_day) in is_open

    def test_saturday_mornings_are_for_about_half_of_the_departments(self, directory: Directory) -> None:
        saturday = [each for each in directory.sessions if each.weekday == SATURDAY]
        assert {each.half_day for each in saturday} == {"am"}
        assert 12 <= len({department_of(directory, each) for each in saturday}) <= 17

    def test_sunday_is_closed(self, directory: Directory) -> None:
        assert {each.weekday for each in directory.sessions} == {1, 2, 3, 4, 5, 6}

    def test_evenings_are_for_children_and_general_practice(self, directory: Directory) -> None:
        evening = {
            (department_of(directory, each), each.weekday) for each in directory.sessions if each.half_day == "evening"
        }
        expected = {(department, day) for department in ("paediatrics", "general_practice") for day in WEEKDAYS}
        assert evening == expected
        assert directory.hospital.hours["evening_clinic"]["weekdays"] == list(WEEKDAYS)

    def test_kind_follows_title(self, directory: Directory) -> None:
        allowed = {"chief": {"expert", "special"}, "associate_chief": {"expert"}, "attending": {"general"}}
        for session in directory.sessions:
            assert session.kind in allowed[directory.doctors[session.doctor].title], session
        special = {each.doctor for each in directory.sessions if each.kind == "special"}
        assert 3 <= len(special) <= 12

    def test_no_room_and_no_doctor_is_taken_twice(self, directory: Directory) -> None:
        building = {each.id: directory.departments[each.department].building for each in directory.doctors.values()}
        rooms = Counter((building[each.doctor], each.room, each.weekday, each.half_day) for each in directory.sessions)
        doctors = Counter((each.doctor, each.weekday, each.half_day) for each in directory.sessions)
        assert max(rooms.values()) == 1
        assert max(doctors.values()) == 1

    def test_rooms_are_in_the_departments_area(self, directory: Directory) -> None:
        for session in directory.sessions:
            department = directory.departments[department_of(directory, session)]
            assert session.room[:-2] == department.desk[:-2], session
            assert session.room != department.desk, session

    def test_capacity_is_a_few_patients_a_period(self, directory: Directory) -> None:
        assert {each.capacity for each in directory.sessions} <= set(range(2, 7))

    def test_every_doctor_has_sessions(self, directory: Directory) -> None:
        assert [each for each in directory.doctors if not directory.sessions_of(each)] == []


class TestFeesAndFacts:
    def test_kinds(self, directory: Directory) -> None:
        assert list(directory.kinds) == ["general", "expert", "special"]
        fees = [each.fee for each in directory.kinds.values()]
        assert fees == sorted(fees)
        assert all(fee >= 100 for fee in fees), "fees are fen, not yuan"

    def test_half_days_are_the_hours_of_the_house(self, directory: Directory) -> None:
        hours = {key: (each.start, each.end) for key, each in directory.half_days.items()}
        assert hours == {
            "am": (time(8), time(12)),
            "pm": (time(13, 30), time(17, 30)),
            "evening": (time(18), time(20, 30)),
        }
        for key, name in (("am", "outpatient_morning"), ("pm", "outpatient_afternoon"), ("evening", "evening_clinic")):
            said = directory.hospital.hours[name]
            assert (said["from"], said["to"]) == tuple(f"{each:%H:%M}" for each in hours[key])

    def test_half_days_hold_whole_periods(self, directory: Directory) -> None:
        assert directory.period_minutes == 30
        for each in directory.half_days.values():
            minutes = (each.end.hour - each.start.hour) * 60 + each.end.minute - each.start.minute
            assert minutes % directory.period_minutes == 0

    def test_facts(self, directory: Directory) -> None:
        facts = directory.hospital
        assert facts.fictional
        assert facts.name.zh == "澄湖市人民医院"
        assert facts.time_zone == "Asia/Shanghai"
        assert (facts.release_time, facts.booking_horizon_days, facts.change_deadline_hours) == (time(7), 28, 2)
        assert facts.places["pharmacy"].building in facts.buildings
        assert facts.places["parking"].building is None

    def test_names(self, directory: Directory) -> None:
        assert directory.department_name("orthopaedics", "zh") == "骨科"
        assert directory.department_name("orthopaedics", "en") == "Orthopaedics"
        assert directory.doctor_name("d001", "zh") == "张伟"
        assert directory.doctor_name("d001", "en") == "Dr. Zhang Wei"
        with pytest.raises(KeyError):
            directory.department_name("alchemy", "zh")

    def test_tables_cannot_be_changed(self, directory: Directory) -> None:
        with pytest.raises(TypeError):
            directory.departments["new"] = directory.departments["ent"]  # type: ignore[index]


Edit = Callable[[str], str]


def replace(old: str, new: str) -> Edit:
    def edit(text: str) -> str:
        assert old in text, f"the test's {old!r} is not in the file any more"
        return text.replace(old, new, 1)

    return edit


def add_line(line: str) -> Edit:
    return lambda text: text + line + "\n"


FAULTS = {
    "doctor of no department": (
        *("doctors.csv", replace("chief,cardiology", "chief,alchemy")),
        *("line 2, department", "alchemy is not in departments.yml"),
    ),
    "doctor twice": (
        *("doctors.csv", add_line("d001,王五,Wang Wu,male,chief,ent,耳,Ears")),
        *("line 83", "id d001 is there twice"),
    ),
    "unknown title": ("doctors.csv", replace(",chief,", ",wizard,"), "line 2, title", "wizard is not in fees.yml"),
    "unknown sex": ("doctors.csv", replace(",male,", ",m,"), "line 2, sex", "'female' or 'male'"),
    "English name in lower case": ("doctors.csv", replace("Zhang Wei", "zhang wei"), "line 2, en", "match pattern"),
    "empty expertise": (
        "doctors.csv",
        add_line("d900,王五,Wang Wu,male,chief,ent,,E"),
        "line 83, expertise_zh",
        "least 1",
    ),
    "cell missing": ("doctors.csv", add_line("d900,王五,Wang Wu,male"), "line 83", "4 cells instead of 8"),
    "header in another order": ("doctors.csv", replace("id,zh,en", "id,en,zh"), "line 1", "header must be id,zh,en"),
    "open quote": ("doctors.csv", add_line('d900,"王五'), "line 83", "not valid CSV"),
    "no header": ("schedules.csv", lambda text: "", "line 1", "header must be doctor_id"),
    "weekday 8": ("schedules.csv", replace("d001,1,am", "d001,8,am"), "line 2, weekday", "less than or equal to 7"),
    "weekday in letters": ("schedules.csv", replace("d001,1,am", "d001,Mon,am"), "line 2, weekday", "valid integer"),
    "unknown half-day": (
        "schedules.csv",
        replace("d001,1,am", "d001,1,night"),
        "line 2, half_day",
        "'am', 'pm' or 'evening'",
    ),
    "session of no doctor": (
        "schedules.csv",
        replace("d001,", "d999,"),
        "line 2, doctor_id",
        "d999 is not in doctors.csv",
    ),
    "unknown kind": ("schedules.csv", replace("expert", "royal"), "line 2, kind", "royal is not in fees.yml"),
    "room without a floor": ("schedules.csv", replace("2-102", "102"), "line 2, room", "match pattern"),
    "room on another floor": ("schedules.csv", replace("2-102", "4-102"), "line 2, room", "4-102 is not on floor 2"),
    "no capacity": (
        "schedules.csv",
        add_line("d001,6,am,2-102,expert,0"),
        "line 472, capacity",
        "greater than or equal to 1",
    ),
    "room taken": (
        *("schedules.csv", add_line("d002,1,am,2-102,expert,3")),
        *("line 472, room", "is taken on weekday 1 am by line 2"),
    ),
    "doctor taken": (
        *("schedules.csv", add_line("d001,1,am,2-109,expert,3")),
        *("line 472, doctor_id", "is taken on weekday 1 am by line 2"),
    ),
    "department without a name": (
        *("departments.yml", replace("    zh: 呼吸内科\n", "")),
        *("departments, 2 (respiratory), zh", "Field required"),
    ),
    "department twice": (
        *("departments.yml", replace("id: respiratory", "id: cardiology")),
        *("department cardiology", "id cardiology is there twice"),
    ),
    "field misspelt": (
        *("departments.yml", replace("bookable: false", "bookabel: false")),
        *("departments, 28 (emergency), bookabel", "Extra inputs are not permitted"),
    ),
    "building that is not there": (
        *("departments.yml", replace("building: D", "building: Z")),
        *("department infectious_diseases, building", "Z is not in hospital.yml"),
    ),
    "floor above the roof": (
        *(
            "departments.yml",
            replace("building: A\n    floor: 2\n    desk: 2-", "building: A\n    floor: 7\n    desk: 7-"),
        ),
        *("department cardiology, floor", "building A has 6 floors"),
    ),
    "desk on another floor": (
        *("departments.yml", replace("desk: 2-101", "desk: 3-101")),
        *("department cardiology, desk", "3-101 is not on floor 2"),
    ),
    "ages in the wrong order": (
        *("departments.yml", replace("max_age: 13", "max_age: 13\n    min_age: 20")),
        *("departments, 18 (paediatrics)", "min_age is above max_age"),
    ),
    "route in one language": (
        *("departments.yml", replace("      en: From the ground-floor", "      fr: From the ground-floor")),
        *("departments, 1 (cardiology), route, en", "Field required"),
    ),
    "list instead of a table": ("departments.yml", lambda text: "- 1\n", "", "valid dictionary"),
    "broken YAML": ("departments.yml", replace("\ndepartments:", "\ndepartments: ["), "", "not valid YAML"),
    "fee below nothing": (
        "fees.yml",
        replace("fee: 2000", "fee: -1"),
        "kinds, general, fee",
        "greater than or equal to 0",
    ),
    "hours in the wrong order": ("fees.yml", replace('to: "12:00"', 'to: "07:00"'), "sessions, am", "not before"),
    "currency in words": ("fees.yml", replace("CNY", "yuan"), "currency", "match pattern"),
    "no address": ("hospital.yml", replace("address:", "adress:"), "address", "Field required"),
    "no horizon": (
        "hospital.yml",
        replace("booking_horizon_days", "horizon"),
        "hours, booking_horizon_days",
        "Field required",
    ),
}


class TestFaults:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        for name in TABLES:
            shutil.copy(HOSPITAL / name, tmp_path / name)
        return tmp_path

    @pytest.mark.parametrize("fault", FAULTS)
    def test_is_named_by_file_row_and_field(self, folder: Path, fault: str) -> None:
        file, edit, where, problem = FAULTS[fault]
        path = folder / file
        path.write_text(edit(path.read_text(encoding="utf-8")), encoding="utf-8")
        with pytest.raises(DirectoryError) as caught:
            load_directory(folder)
        error = caught.value
        assert error.file == file
        assert error.where.startswith(where)
        assert problem in error.problem
        assert str(error).startswith(f"{error.file}: ")

    def test_sessions_where_patients_walk_in(self, folder: Path) -> None:
        path = folder / "departments.yml"
        text = path.read_text(encoding="utf-8")
        path.write_text(replace("    min_age: 14\n", "    bookable: false\n")(text), encoding="utf-8")
        with pytest.raises(DirectoryError) as caught:
            load_directory(folder)
        assert str(caught.value) == "schedules.csv: line 2, doctor_id: cardiology takes no appointments"

    @pytest.mark.parametrize("name", TABLES)
    def test_missing_file(self, folder: Path, name: str) -> None:
        (folder / name).unlink()
        with pytest.raises(DirectoryError, match=rf"{name}: no such file"):
            load_directory(folder)

    def test_file_in_another_encoding(self, folder: Path) -> None:
        (folder / "doctors.csv").write_bytes("id,zh\nd1,张伟\n".encode("gb18030"))
        with pytest.raises(DirectoryError, match=r"doctors\.csv: cannot be read as UTF-8"):
            load_directory(folder)

    def test_byte_order_mark_of_a_spreadsheet_is_fine(self, folder: Path) -> None:
        path = folder / "doctors.csv"
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
        assert len(load_directory(folder).doctors) == len(load_directory(HOSPITAL).doctors)

    def test_is_one_of_the_librarys_errors(self) -> None:
        assert issubclass(DirectoryError, KnowledgeError)
        assert DirectoryError.code == "knowledge.directory"
