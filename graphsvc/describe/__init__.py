"""What the service says of an IRI: its statements, labels, links from elsewhere, and where each comes from."""
