"""Messages that leave the cockpit: their channels, and what each of them sends."""
