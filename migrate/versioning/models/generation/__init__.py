"""Models and changes as Python code."""
