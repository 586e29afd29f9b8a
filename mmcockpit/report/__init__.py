"""The post-mortem: a journal collected once into plain values, then rendered as Markdown or as one HTML page."""
