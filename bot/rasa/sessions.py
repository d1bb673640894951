"""How a session is forgotten."""

from __future__ import annotations

from typing import Any

from rasa.core.tracker_store import SQLTrackerStore
from sqlalchemy import text


def erase_session(store: Any, sender: str) -> None:
    """Delete every event of `sender` from the SQL tracker store (Rasa offers no such call)."""
    inner: list[Any] = [store]
    while inner and not isinstance(inner[-1], SQLTrackerStore):
        below = getattr(inner[-1], "_tracker_store", None)
        if below is None:
            raise TypeError("the tracker store is no SQLTrackerStore")
        inner.append(below)
    sql = inner[-1]
    with sql.session_scope() as session:
        if sql.engine.dialect.name == "sqlite":
            session.execute(text("PRAGMA secure_delete = ON"))  # overwrite the pages, not only unlink them
        session.query(sql.SQLEvent).filter_by(sender_id=sender).delete()
        session.commit()
