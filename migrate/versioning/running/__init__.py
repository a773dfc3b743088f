"""Carrying out the steps of a run; :class:`.runner.Runner`."""
