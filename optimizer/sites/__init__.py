"""Studies of a prioritisation after its solve: evaluation, importance, alternatives, cost against benefit."""
