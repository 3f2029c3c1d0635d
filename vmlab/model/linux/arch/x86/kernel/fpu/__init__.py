"""The registers of the FPU: how the frame of a signal holds them."""
