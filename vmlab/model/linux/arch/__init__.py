"""What depends on the processor. Only x86 is here."""
