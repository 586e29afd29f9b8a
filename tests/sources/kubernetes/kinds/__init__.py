"""Any kind of Kubernetes object: discovery, readiness, and what is left out of a reading."""
