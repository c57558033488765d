"""What all tests share: reproducible hypothesis runs. No torch here: the judging wing has none."""

from hypothesis import settings

# A first import of torch inside an example would miss any deadline; a failure must repeat.
settings.register_profile("capsprobe", deadline=None, derandomize=True, max_examples=50)
settings.load_profile("capsprobe")
