"""The library: what the hospital knows."""
