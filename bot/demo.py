"""The demo hospital: records migrated, the timetable opened four weeks ahead."""

from __future__ import annotations

from actions.records.database import migrate
from bot.services import make_records, make_registration
from bot.settings import Settings


def make_demo(settings: Settings) -> int:
    """Bring the records to their newest form and open the timetable; how many places were added. Safe to repeat."""
    migrate(settings.records_url)
    records = make_records(settings)
    try:
        return make_registration(settings, records).ensure_slots()
    finally:
        records.database.close()
