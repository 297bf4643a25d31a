"""What people see and press: texts, views, and the desk that leads through an operation.

Belongs here: the catalogue of texts in both languages, views (state to lines), the desk (keys to
operations). Doesn't belong here: drawing (hal.panel), what a card may do (pay).
"""
