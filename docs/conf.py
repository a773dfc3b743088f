"""Configuration of Sphinx."""

project = "remigrate"
author = "the remigrate authors"
copyright = "2026, the remigrate authors"  # noqa: A001 - Sphinx wants it so
extensions = ["sphinx.ext.autodoc"]
exclude_patterns = ["_build"]
html_theme = "alabaster"
autodoc_typehints = "description"
