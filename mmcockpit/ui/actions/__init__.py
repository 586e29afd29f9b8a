"""What the keys and the command line do, one file per topic."""
