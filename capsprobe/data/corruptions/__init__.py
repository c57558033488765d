"""The fifteen kinds of MNIST-C (Mu and Gilmer 2019), made afresh from their description."""
