"""Code written by `make proto`. Never edited by hand; see tools/protogen."""
