"""Reading of Chinese service messages: pure functions, and a worker process that runs them."""
