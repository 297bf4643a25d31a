"""The journal against the flash model: cuts at every operation, wrap, room, acknowledgement."""
