"""Schema migrations for SQLAlchemy: a successor of sqlalchemy-migrate."""

__version__ = "1.0.0"
