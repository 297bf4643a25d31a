"""The benchmarks: their arithmetic, what they count, and how they report. No times are judged."""
