"""The drivers, each against the model of its part; mp/ runs in real MicroPython as well."""
