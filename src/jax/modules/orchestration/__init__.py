"""Advice: recalled, researched, planned and stored; it trades nothing and approves nothing."""
