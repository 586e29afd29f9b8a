"""The actions behind the keys and the command line, one file per topic."""
