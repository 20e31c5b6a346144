"""What people see: reports that return numbers with their evidence, and the browser client."""
