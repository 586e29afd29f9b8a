"""The simulated API server: storage, requests and the formats of responses."""
