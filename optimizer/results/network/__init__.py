"""What a network plan says: the table of the plan folder, prices, and what follows from them."""
