"""The only SQL of the house: SQLAlchemy Core statements built once, the same on SQLite and PostgreSQL."""
