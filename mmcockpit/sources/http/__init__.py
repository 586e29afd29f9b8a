"""HTTP, TLS and TCP."""
