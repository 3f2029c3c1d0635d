"""Machine code on the model: real x86-64 programs, run by an emulator whose MMU is the model's.

`emulator.py` is the CPU (Unicorn, an extra that is loaded when it is first needed), `run.py` leads
programs from one entry into the kernel to the next, `lines.py` from one line of their source to the
next. `build.py` compiles C text, with what `compilers.py` finds; `debug.py` reads debug
information (pyelftools), by which `variables.py` tells where variables are and what
they hold, and `frames.py` who called whom. `seen.py` puts together what there is to see of a
program in any state; `shown.py` is how widgets get to show it.
"""
