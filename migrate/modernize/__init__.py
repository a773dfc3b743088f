"""Rewrite change scripts of Python 2 and SQLAlchemy 1.x in today's forms.

Needs libcst and fissix, the extra ``modernize``; nothing here imports them
until scripts are rewritten, and no script is ever imported.
"""
