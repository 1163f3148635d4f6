"""What-if studies: many instances made from one by named changes, solved side by side, compared."""
