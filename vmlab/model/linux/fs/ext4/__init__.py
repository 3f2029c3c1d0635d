"""ext4: files of a disk. What is cached is written back; what was never written is a hole."""
