"""Repositories of change scripts, and databases under their control."""
