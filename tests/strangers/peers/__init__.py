"""Scripts that steer strangers: run by path in a separate process, never imported by our code.

Each takes the path of the serial line and prints one JSON object of what its library saw. The
judgement is in the tests, so that a script can't pass by staying silent.
"""
