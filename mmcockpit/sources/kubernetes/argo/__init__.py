"""Argo Rollouts and Argo CD: canary and blue-green rollouts with their analyses, and applications from Git."""
