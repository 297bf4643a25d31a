"""Messages and services of the project, generated."""
