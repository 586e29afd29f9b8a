"""The models of every file that people write; the docstrings of the fields are their reference documentation."""
