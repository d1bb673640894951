"""A human at any moment (转人工)."""
