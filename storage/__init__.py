"""What is remembered? The only package that speaks SQL."""
