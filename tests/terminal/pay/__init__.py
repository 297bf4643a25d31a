"""Sale, balance, top-up and their rules, on model cards that tear and a flash that is cut."""
