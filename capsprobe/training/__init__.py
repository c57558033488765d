"""The one way in which every model is trained."""
