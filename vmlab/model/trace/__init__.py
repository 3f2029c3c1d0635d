"""What the model reports: the hook, the decorators of traced functions, the events.

An event is a value: numbers, names of the machine, reasons as codes. Its sentence stands in
`vmlab/words`.
"""
