"""`demo --pair`: a session for three people on one machine, through a store of its own."""
