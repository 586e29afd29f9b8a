"""What goes to the terminal beside the panels: alerts, and how often is drawn."""
