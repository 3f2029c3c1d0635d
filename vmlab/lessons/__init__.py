"""What lessons are made of: starting states, exercises with their generators, grading, printed pictures."""
