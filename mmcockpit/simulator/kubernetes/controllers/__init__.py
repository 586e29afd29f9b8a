"""The simulated controllers, scheduler and kubelets."""
