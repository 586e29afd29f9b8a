"""Forms that Markdown does not have: HTML, and the tables of other programs."""
