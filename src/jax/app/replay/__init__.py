"""Recorded decisions are decided again."""
