"""Generated code: from protos/ to Python messages for the host and field tables for the terminal.

Owns what is generated, where it goes and how it is kept current. Nothing here runs in production;
`make proto` writes the files, and a test compares them with a fresh generation.
"""
