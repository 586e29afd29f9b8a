"""Discovery of what a Prometheus has of a service: requests, errors, latency, saturation, targets and alert rules."""
