"""What a report shows of routing and gates: from their tables to figures."""
