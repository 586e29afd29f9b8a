"""What the command `doctor` checks beside the sources themselves."""
