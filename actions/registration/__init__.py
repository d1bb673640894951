"""Registration (预约挂号): search, hold, book, change and cancel appointments."""
