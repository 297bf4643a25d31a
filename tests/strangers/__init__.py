"""Tests in which programs that nobody here wrote judge the model card and the model reader.

Each starts `python -m tools.sim.reader` and runs a stranger beside it. Scripts that steer a
stranger's library are in peers/ and run in processes of their own, with that library's Python.
"""
