"""The commands, by what they are about; :mod:`migrate.versioning.api`."""
