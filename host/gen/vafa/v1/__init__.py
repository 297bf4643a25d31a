"""Version 1 of the contracts, generated from protos/vafa/v1."""
