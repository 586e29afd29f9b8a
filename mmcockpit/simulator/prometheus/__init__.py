"""The simulated Prometheus, and the metrics that it would scrape."""
