"""What the report shows of small turns and moves: from natural to the worst, and class by class."""
