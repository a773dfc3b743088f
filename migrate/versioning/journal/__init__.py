"""How far a step is that the database cannot roll back."""
