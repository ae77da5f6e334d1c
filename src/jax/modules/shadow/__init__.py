"""Two executors side by side: what each has decided on the same signals, and where they differ."""
