"""What lessons are made of: starting states, exercises and their generators, grading, pictures."""
