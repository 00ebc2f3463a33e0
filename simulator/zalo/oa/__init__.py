"""The Official Account Open API: tokens, messages and their windows, followers, articles, webhook."""
