"""The gate as research offers it to people who are elsewhere: it holds nobody's private key."""
