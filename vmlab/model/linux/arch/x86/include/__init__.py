"""What Linux keeps in arch/x86/include/asm: the running task."""
