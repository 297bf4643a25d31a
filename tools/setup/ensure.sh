#!/bin/sh
# Makes sure that everything for a level (run or test) is installed; prints nothing when it is.
# Owns only the search for a Python that is new enough; all else is in this package.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd -P)
for python in python3 python3.14 python3.13 python3.12 python3.11; do
    if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        cd -- "$root"
        exec "$python" -m tools.setup "$@"
    fi
done
echo "set-up: Vafa needs Python 3.11 or newer, and found none on PATH." >&2
echo "        On Debian 12 or Ubuntu 24.04 and newer: apt-get install python3 python3-venv" >&2
exit 1
