"""Real servers on loopback, each run as a child process that ends with this process."""
