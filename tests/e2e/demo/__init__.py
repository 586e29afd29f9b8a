"""The demo: its session on the real engine against its simulated production, without a screen."""
