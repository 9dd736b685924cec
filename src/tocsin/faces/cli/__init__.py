"""The command line: a file a noun; results on stdout, progress and errors on stderr, an exit code by fault."""
