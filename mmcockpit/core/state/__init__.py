"""What is: the state of a session, folded from its facts and from nothing else."""
