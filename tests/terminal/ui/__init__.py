"""What people see: texts, views, and the desk as a flow of keys, cards and screens."""
