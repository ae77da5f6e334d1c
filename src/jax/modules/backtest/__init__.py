"""What a strategy would have done."""
