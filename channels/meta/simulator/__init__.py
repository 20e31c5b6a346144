"""What simulated platforms of Meta's share: the Graph API's manners, signed pushes, and the API to steer them."""
