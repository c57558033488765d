"""What the report shows of corruptions: pictures of them, errors by kind, and their mean."""
