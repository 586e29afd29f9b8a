"""HTTP sources: requests, TLS, services that hang."""
