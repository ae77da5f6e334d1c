"""Trading days from the package exchange_calendars."""
