"""What is needed around the product: the command line, models, benches, generators, set-up.

Runs on CPython. Nothing in firmware/ or host/ imports from here; the models under tools/models
import nothing from firmware/, so that one mistake can't cancel itself.
"""
