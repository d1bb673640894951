"""The hospital's records: tables, transactions, sealed values and the audit chain under every service."""
