"""The control table and its rows; :class:`.table.ControlTable`."""
