"""A terminal cockpit for taking a service live."""
