"""Ed25519 (RFC 8032): verifying, signing, and keeping private keys in files."""
