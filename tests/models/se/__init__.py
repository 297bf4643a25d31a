"""The secure element model, packet by packet."""
