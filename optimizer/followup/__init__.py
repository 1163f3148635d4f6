"""What follows a plan: a project is checked against it, what was observed is read in, a drawn plan is corrected."""
