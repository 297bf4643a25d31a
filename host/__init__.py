"""Everything that runs on CPython as part of the product: host, branch gateway, station.

Firmware is imported from firmware.core only. This folder is never put on the module
search path itself, since host.grpc and grpc are different packages.
"""
