"""Image sets: real digits, and what is made from them by moving and overlaying."""
