"""The cells against four libraries, in an environment of their own: run.sh makes it."""
