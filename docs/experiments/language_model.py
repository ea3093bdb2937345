# %% [markdown]
# ---
# title: Language model
# description: A recurrent network learns to write, one character at a time.
# ---
#
# # Language model
