"""Nonsense: whatever is typed, written or stored, the database stays whole."""
