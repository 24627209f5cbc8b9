"""The workshop: text sources in, notebooks out. `python -m authoring --help` lists what it does.

authoring/lessons/NN_name.py    → notebooks/NN_name.ipynb, executed
authoring/solutions/NN_name.py  → solutions/NN_name.ipynb, executed, and exercises/NN_name.ipynb, derived from it
"""
