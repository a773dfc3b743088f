"""The session on a database: how it is opened, limited, watched and ended."""
