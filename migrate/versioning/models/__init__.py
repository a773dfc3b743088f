"""Models of databases: read, compared, written as Python code."""
