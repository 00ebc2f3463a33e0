"""What `loatre doctor` looks at: small functions that find something and change nothing."""
