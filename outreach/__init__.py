"""What is this all about? The subject matter, free of any SDK, driver, template engine or web framework."""
