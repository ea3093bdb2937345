"""The cells against other libraries, in an environment of their own: run.sh makes it."""
