"""Files that are handed in: workbooks and tables made of figures that were counted elsewhere."""
