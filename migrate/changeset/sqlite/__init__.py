"""SQLite's stored schema: read it, edit its text, rebuild a table by it."""
