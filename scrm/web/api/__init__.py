"""The endpoints, one module a resource. Each module ends in its rows of the table (`ENDPOINTS`)."""
