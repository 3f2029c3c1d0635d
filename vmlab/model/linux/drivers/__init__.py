"""What Linux keeps among its drivers: the source of random numbers."""
