"""One part each: reader chip, secure element, flash, clock, keypad, display, buzzer.

A driver gets its bus and its way of waiting from outside and holds no policy: it never decides
what a fault means for money, it names it. The same code drives real parts and wire-level models.
"""
