"""Trials by fire: processes that die, come in crowds, or are cut off.

``python -m tests.chaos --help`` runs the long trials and prints a table; the
tests in this folder are short runs of the same.  What a database holds
afterwards is judged with its plain driver, never with the code under trial.
"""
