"""Set-up of a checkout: virtual environment, locked Python packages, system packages.

Runs on any Python 3.11+ before anything is installed, so it imports the standard library only.
Names no package index: the machine's own settings of pip and apt decide where packages come from.
"""
