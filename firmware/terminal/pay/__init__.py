"""What happens with a card: sale, balance, top-up, and the rules that refuse them.

Belongs here: the tap as a state machine, doubt resolution, policy, hotlist lookup. Doesn't belong
here: the card's protocol and layouts (firmware/core), screens and keys (ui), flash (journal).
"""
