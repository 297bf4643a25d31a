"""Models standing on their own, for programs that speak to the real parts.

Here belong entry points with command lines, links and signals; what the parts do belongs to
`tools.models`.
"""
