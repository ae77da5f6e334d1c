"""From a strategy's source to an artifact that may trade."""
