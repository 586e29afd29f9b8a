"""A terminal cockpit for taking a service live."""

__version__ = "0.2.0"
