"""The demonstration: a seeded day of two branches, told as it happens and judged at the end.

`story` plans the day (pure), `play` acts it out in a `tools.world.World` of real processes,
`oracle` knows every true event and compares, `plant` damages the books on purpose, `tell` prints.
What doesn't belong here: starting processes (tools.world) and any rule of the product itself.
"""
