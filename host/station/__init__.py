"""The card desk's program part: carries the host's scripts to a card and the replies back.

Belongs here: the client of CardSessionService and the readers of real desks. Does not belong here:
card keys and card commands, which stay at the host. Model readers live under tools/.
"""
