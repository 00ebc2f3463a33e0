"""The eleven methods of the Bot Platform."""
