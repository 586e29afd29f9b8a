"""What the Kubernetes probes return."""
