"""Programs that nobody here wrote and that judge the models: how they get to where they run.

Each Python one has an environment of its own under .venvs/, since some share module names and
some have licences that this project's code must not mix with. They run as separate processes,
from tests/strangers/; nothing in the product imports them.
"""
