"""Image registries: what a tag points to."""
