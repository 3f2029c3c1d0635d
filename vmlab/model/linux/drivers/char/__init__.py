"""Character devices. As in Linux's drivers/char/."""
