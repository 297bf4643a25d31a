"""What is frozen into the image of this board; MicroPython's build runs it in this folder.

Everything under firmware/ but other boards, the simulated HAL and what only provisioning needs.
Frozen code needs no filesystem, and nothing on a filesystem can shadow it (see _boot.py).
"""

# ruff: noqa: F821 - include, freeze and package are the build's

import os

_ROOT = "../../.."
_LEFT_OUT = (
    "boards",
    "terminal/main.py",  # the start of the simulated terminal
    "terminal/drivers/atecc_factory.py",
    "terminal/drivers/pn532_hsu.py",
    "terminal/hal/board_bus.py",
    "terminal/hal/sim.py",
    "terminal/hal/tcp_pipe.py",
)


def _files():
    base = _ROOT + "/firmware"
    for folder, _, names in sorted(os.walk(base)):
        for name in sorted(names):
            path = os.path.relpath(folder + "/" + name, base)
            if path.endswith(".py") and not path.startswith(_LEFT_OUT):
                yield path


include("$(MPY_DIR)/extmod/asyncio")
freeze(".", ("_boot.py", "main.py"))
package("firmware", files=tuple(_files()), base_path=_ROOT)
