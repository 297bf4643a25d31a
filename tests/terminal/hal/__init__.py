"""The builds of the HAL: simulated, and for the board as far as it can be checked without one."""
