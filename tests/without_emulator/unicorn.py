"""In the place of Unicorn where it is not installed."""

raise ModuleNotFoundError("No module named 'unicorn'", name="unicorn")
