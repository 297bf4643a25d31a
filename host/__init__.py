"""Everything that runs on CPython as part of the product: host, branch gateway, station.

Firmware is imported from firmware.core only. This folder is never put on the module
search path itself, since host.grpc and grpc are different packages.
"""

import os

# The core of gRPC prints lines of its own to standard error unless told not to before it is first
# imported. What matters of them also comes as an exception, which we report in one line.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
