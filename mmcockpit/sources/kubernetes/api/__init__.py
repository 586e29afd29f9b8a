"""The Kubernetes API client: kubeconfig, login, requests, pages, error responses."""
