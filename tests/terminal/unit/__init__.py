"""The whole terminal unit: real MicroPython, real drivers, models at the wires, cards and cuts."""
