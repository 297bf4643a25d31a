"""The standing system: host, one gateway, one terminal and a tray of cards, until Ctrl-C.

`server` keeps it running and listens on a control socket in its directory; `control` is that
socket's protocol, used by `vafa tap`, `topup`, `balance`, `settle` and `status`. Belongs here:
what a newcomer needs to try the system by hand. Doesn't: starting processes (tools.world).
"""
