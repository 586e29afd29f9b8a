"""A simulated ModelMuxer production on loopback, for the demo and the tests; it imports nothing of the cockpit."""
