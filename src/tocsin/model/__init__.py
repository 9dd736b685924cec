"""Records and rules: no I/O, no clock, no SQL, no Flask. Whatever needs the time is given it."""
