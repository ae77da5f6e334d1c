"""A broker that fills from the bars it hears, and remembers."""
