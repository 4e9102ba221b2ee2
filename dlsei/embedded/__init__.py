"""PostgreSQL and Valkey from wheels, and the launcher of `make run`: nothing of it runs where the two URLs are set."""
