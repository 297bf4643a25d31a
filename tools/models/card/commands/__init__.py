"""What each command does once it has been unwrapped and allowed.

Handlers take (context, INS, plain body) and give the plain answer data, or a list of parts
when the answer has frames of its own. They raise `CardError` and change nothing if they do.
Framing, secure messaging and the order of checks do not belong here.
"""
