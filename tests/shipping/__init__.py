"""What people install: the wheel, completion in shells, the image, the GitHub Action, the hooks of pre-commit."""
