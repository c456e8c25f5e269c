"""The house rules that a program can read; tools/lint runs them."""
