"""What pytest leaves alone."""

# Needs atheris.
collect_ignore = ["fuzz.py"]
