"""The groups of the command line; each opens what it needs through bot.app."""
