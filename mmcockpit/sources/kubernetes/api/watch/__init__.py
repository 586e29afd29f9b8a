"""One list and one watch per kind and namespace, shared by all signals of a source; ARCHITECTURE.md has the design."""
