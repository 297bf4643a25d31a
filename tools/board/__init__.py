"""A simulated terminal unit: real MicroPython on the firmware, models at the end of its wires.

    board = Board(BoardConfig(directory, terminal_id=101, gateway=("127.0.0.1", 7000), seed=1,
                              clock=clock.now))
    await board.provision(bundle)
    await board.power_on();  board.insert(card);  board.press("250000#")
    await board.wait_for(lambda event: event.name == "success", timeout_s=5)
    board.cut_power_at(flash_operation=3, effect="torn")

Here belong the bus server, the supply, provisioning and what a person sees and presses. Parts
belong to tools.models. Used in-process by the demo, `vafa run`, benches and tests.
"""

from tools.board.board import Board, BoardConfig
from tools.board.events import Event
from tools.board.provision import Bundle, identity_public_key, install

__all__ = ["Board", "BoardConfig", "Bundle", "Event", "identity_public_key", "install"]
