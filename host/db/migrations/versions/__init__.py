"""The migrations, one chain: 0001 is the first. A released one is never edited."""
