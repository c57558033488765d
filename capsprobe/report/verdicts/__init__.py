"""Verdicts as pages, in English and Simplified Chinese, and as files."""
