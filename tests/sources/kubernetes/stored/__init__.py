"""Kubernetes probes on stored objects of the API, whatever a server would make of them."""
