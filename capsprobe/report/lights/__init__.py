"""The lights on the page and in files: whether attacks were strong enough."""
