"""Where messages go: channels, and the contacts of an alarm."""
