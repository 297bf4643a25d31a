"""A whole small world on one machine: host, gateways, terminals and a tray of model cards.

Starts the real programs as processes of their own, with real mutual TLS between them, and gives
`tools.demo` and `tools.live` the actions of a shop: press keys, hold a card to the reader, pull it
away, cut a cable, switch a terminal off. Belongs here: everything that a demonstration and a
standing system share. Doesn't: any rule of the product, and any judgement of what happened.
"""

from tools.world.counter import Counter, Ending
from tools.world.operator import Operator
from tools.world.process import ProcessError
from tools.world.tray import Tray
from tools.world.world import World, WorldConfig

__all__ = ["Counter", "Ending", "Operator", "ProcessError", "Tray", "World", "WorldConfig"]
