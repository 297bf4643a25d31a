"""The database: how it is opened, its tables and their migrations.

All that is particular to one kind of database is here. No business rule is here, and no other
package writes SQL that only one database understands.
"""
