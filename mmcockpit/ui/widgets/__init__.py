"""The parts that the screen is built from."""
