"""The cells against PyTorch and Keras, in an environment of its own: run.sh makes it."""
