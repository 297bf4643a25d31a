"""Runs vector files against the portable core and against the models.

Here: the checks of each kind of vector and `vafa vectors` itself. Not here: the vectors
(tests/vectors) and tests of anything that a vector cannot say. against_core, core_sessions,
core_replay, judging and portable also run on MicroPython and import nothing that it lacks.
"""
