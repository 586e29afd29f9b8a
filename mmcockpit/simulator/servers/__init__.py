"""Real servers on loopback, each started and stopped as a child process that never outlives us."""
