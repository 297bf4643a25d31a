"""The fleet simulator: it replays, it stays quiet on sound code, it finds planted defects."""
