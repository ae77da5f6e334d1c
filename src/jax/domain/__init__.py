"""What the business is: immutable values and pure functions, standard library only."""
