"""From a vendor's rows to bars that can be trusted."""
