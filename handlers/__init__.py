"""What can a person do in a chat? Channel-neutral: a turn comes in, replies go out, nothing is sent from here."""
