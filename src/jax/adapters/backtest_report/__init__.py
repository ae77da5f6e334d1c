"""A backtest as one offline HTML page."""
