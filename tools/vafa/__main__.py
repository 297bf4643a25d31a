"""`python -m tools.vafa`, which `./vafa` starts."""

import sys

from tools.vafa.main import main

raise SystemExit(main(sys.argv[1:]))
