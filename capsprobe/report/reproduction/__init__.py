"""Published numbers on attacks set beside ours on MNIST, and whether they come out again."""
