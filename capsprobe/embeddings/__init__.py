"""What numbers that a network made of images tell: of order, confidence, pose and factors."""
