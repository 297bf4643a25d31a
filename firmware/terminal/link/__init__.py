"""The terminal's side of the link: protobuf messages in frames, and the session with the host.

Here belongs what crosses the cable and how it is read safely; what is done about it is in the
packages that own the journal, the configuration and the sale.
"""
