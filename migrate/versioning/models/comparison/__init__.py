"""What two models have in common, as a kind of database sees them."""
