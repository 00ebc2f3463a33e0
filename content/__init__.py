"""What words do people read? Every text, the readers of what people send, reports, and the province packs."""
