"""The classroom app: one page, drawn in the browser, and a small server that runs the model for it.

The server keeps nothing of a user: a request says all that a run needs, and the same request has the same answer.
"""
