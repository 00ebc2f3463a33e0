"""An officer sends news: compose, choose whom, check, send, watch, report. `flow.py` knows which button leads where."""
