"""The words of the field, once: calendar, municipalities, operations and KPIs. Every room may import them."""
