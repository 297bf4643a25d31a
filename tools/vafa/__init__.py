"""The one command-line program, `vafa`: finds the subcommand, starts it, reports its failure.

Here belong arguments, help and messages. What a command does lives in the package that owns the
matter; a module under commands/ only translates words into one call.
"""
