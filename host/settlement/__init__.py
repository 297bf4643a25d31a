"""Windows between branches: cut, match, net, state, settle.

Reads what the intake booked and posts the clearing between branches; never looks into a journal
page.
"""
