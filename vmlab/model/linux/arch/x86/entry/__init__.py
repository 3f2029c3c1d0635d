"""The pages that the kernel maps into every process: [vdso], [vvar]."""
