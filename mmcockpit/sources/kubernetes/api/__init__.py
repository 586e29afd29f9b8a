"""The Kubernetes API as bytes: kubeconfig, login, requests, pages, refusals."""
